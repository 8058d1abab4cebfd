import { ChatonError } from '../../kit/errors.ts'
import { mask } from '../../kit/mask.ts'
import type { SmtpServer } from './server.ts'

/** What nodemailer puts on its errors (its `errors.d.ts`); any field may be absent. */
interface SmtpFailure {
  readonly code?: unknown
  readonly command?: unknown
  /** Three digits of the server's answer. */
  readonly responseCode?: unknown
  readonly response?: unknown
  /** The code of the socket's error: of the system, or of TLS (Node.js, "X509 certificate error codes"). */
  readonly originalCode?: unknown
}

const tlsCode = /^(?:ERR_SSL|ERR_TLS|CERT_|CRL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|INVALID_)/

const fieldsOf = (thrown: unknown): SmtpFailure => (typeof thrown === 'object' && thrown !== null ? thrown : {})

const setPassword = 'store the right password with: chaton init --mail-password-file <file>'

/** Sorts what went wrong by who can act. 4xx answers (RFC 5321, 4.2.1) may pass later, 5xx never do. */
export function explainSmtpError(thrown: unknown, server: SmtpServer, context: { user: string; from: string; to?: string }): ChatonError {
  const { code, command, responseCode, response, originalCode } = fieldsOf(thrown)
  const where = `the mail server ${server.host}:${server.port}`
  const said = mask(typeof response === 'string' ? response : thrown instanceof Error ? thrown.message : String(thrown))
  const temporary = typeof responseCode === 'number' && responseCode >= 400 && responseCode < 500
  if (code === 'EAUTH' || code === 'ENOAUTH') {
    if (temporary) return new ChatonError('remote-failed', `${where} cannot check our sign-in just now: ${said}`, { retryable: true, cause: thrown })
    return new ChatonError('machine-not-ready', `${where} refused our sign-in as "${context.user}": ${said}`, {
      next: ['check mail.user in chaton.yaml', setPassword],
      cause: thrown,
    })
  }
  if (code === 'ETLS' || (typeof originalCode === 'string' && tlsCode.test(originalCode))) {
    return new ChatonError('machine-not-ready', `${where} does not offer a trustworthy encrypted connection: ${said}`, {
      next: ['use a server name that its certificate carries, smtps://… for port 465, or ask the operator of the mail server'],
      cause: thrown,
    })
  }
  if (code === 'EENVELOPE') return explainEnvelope(`${where} refuses`, said, { ...context, temporary, sender: command === 'MAIL FROM', cause: thrown })
  if (typeof responseCode === 'number') {
    return new ChatonError('remote-failed', `${where} did not take the mail: ${said}`, { retryable: temporary, cause: thrown })
  }
  return new ChatonError('remote-failed', `${where} cannot be reached: ${said}`, {
    retryable: true,
    next: ['check mail.url in chaton.yaml, and that this machine may connect to that port'],
    cause: thrown,
  })
}

interface RefusedEnvelope {
  readonly temporary: boolean
  /** The sender was refused, not the recipient. */
  readonly sender: boolean
  readonly from: string
  readonly to?: string
  readonly cause: unknown
}

function explainEnvelope(who: string, said: string, { temporary, sender, from, to = '', cause }: RefusedEnvelope): ChatonError {
  if (sender) {
    return new ChatonError('remote-failed', `${who} the sender "${from}": ${said}`, {
      retryable: temporary,
      actor: 'hoster',
      next: ['set mail.from in chaton.yaml to an address that this account may send as'],
      cause,
    })
  }
  const next = temporary ? [] : [`check the address "${to}" for a slip of the pen, and correct it in the manifest`]
  return new ChatonError('remote-failed', `${who} the recipient "${to}": ${said}`, {
    retryable: temporary,
    ...(temporary ? {} : { actor: 'user' as const }),
    next,
    cause,
    data: { recipient: to },
  })
}
