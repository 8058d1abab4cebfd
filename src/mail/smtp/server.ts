import { ChatonError } from '../../kit/errors.ts'

/** How to reach an SMTP server. */
export interface SmtpServer {
  readonly host: string
  readonly port: number
  /** TLS from the first byte (`smtps`), else STARTTLS. */
  readonly implicitTls: boolean
  /** The server is this machine: mail may reach it unencrypted, and its certificate is not asked for. */
  readonly loopback: boolean
}

const defaultPorts: Readonly<Record<string, number>> = { 'smtp:': 587, 'smtps:': 465 }

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)

function refuse(url: string, why: string): ChatonError {
  return new ChatonError('bad-input', `mail.url: ${why}, got "${url}"; expected for example smtp://mail.example.org:587 or smtps://mail.example.org`)
}

/** Reads `smtp://host[:port]` or `smtps://host[:port]`. Throws `bad-input`; credentials in it are refused and not repeated. */
export function parseSmtpUrl(text: string): SmtpServer {
  if (!URL.canParse(text)) throw refuse(text, 'not an address of a mail server')
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') {
    throw new ChatonError('bad-input', 'mail.url: holds a user name or password; they do not belong into the address', {
      next: ['put the name into mail.user and store the password with: chaton init --mail-password-file <file>'],
    })
  }
  const defaultPort = defaultPorts[url.protocol]
  if (defaultPort === undefined) throw refuse(text, 'the scheme must be smtp or smtps')
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (host === '') throw refuse(text, 'no host')
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') throw refuse(text, 'only a host and a port belong into it')
  return {
    host,
    port: url.port === '' ? defaultPort : Number(url.port),
    implicitTls: url.protocol === 'smtps:',
    loopback: isLoopback(host),
  }
}
