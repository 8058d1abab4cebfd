import { createTransport, type SendMailOptions, type SMTPSentMessageInfo, type SMTPTransportOptions, type Transporter } from 'nodemailer'
import type { Clock } from '../../kit/clock.ts'
import { ChatonError } from '../../kit/errors.ts'
import type { SecretStore } from '../../kit/secrets.ts'
import { cleanMail, isAddress, oneLine } from '../clean.ts'
import type { Mail, Mailer } from '../contract.ts'
import { explainSmtpError } from './errors.ts'
import type { SmtpServer } from './server.ts'

export { parseSmtpUrl, type SmtpServer } from './server.ts'

/** Where the sign-in password at the mail server is kept in the secret store. */
export const mailPasswordName = 'mail/password'

export interface SmtpOptions {
  readonly server: SmtpServer
  /** Sign-in name; empty: no sign-in. */
  readonly user: string
  /** Sender's address, and the name people see beside it. */
  readonly from: string
  readonly senderName: string
  readonly secrets: Pick<SecretStore, 'get'>
  readonly clock: Clock
  /** For connecting, and for each answer. Default 20 s. */
  readonly timeoutMs?: number
}

/** Sends by SMTP (RFC 5321): STARTTLS with a valid certificate is required unless the server is this machine. */
export function createSmtpMailer(options: SmtpOptions): Mailer {
  const { server, user, from } = options
  if (!isAddress(from)) {
    throw new ChatonError('bad-input', `mail.from: ${JSON.stringify(from)} is not a mail address; expected for example chaton@example.org`, {
      next: ['set mail.from in chaton.yaml to the address that mails of the hoster come from'],
    })
  }
  const withTransport = async (work: (transport: Transport) => Promise<unknown>, to?: string): Promise<void> => {
    const transport = createTransport(await transportOptions(options))
    try {
      await work(transport)
    } catch (error) {
      throw explainSmtpError(error, server, { user, from, ...(to === undefined ? {} : { to }) })
    } finally {
      transport.close()
    }
  }
  return {
    configured: true,
    from,
    send: async (mail) => {
      const clean = cleanMail(mail)
      await withTransport(async (transport) => await transport.sendMail(compose(clean, options)), clean.to.address)
    },
    verify: async () => await withTransport(async (transport) => await transport.verify()),
  }
}

type Transport = Transporter<SMTPSentMessageInfo, SMTPTransportOptions>

async function transportOptions({ server, user, secrets, timeoutMs = 20_000 }: SmtpOptions): Promise<SMTPTransportOptions> {
  const password = user === '' ? undefined : await secrets.get(mailPasswordName)
  if (user !== '' && password === undefined) {
    throw new ChatonError('machine-not-ready', `the mail server ${server.host} needs the password of "${user}", and none is stored`, {
      next: ['store it with: chaton init --mail-password-file <file>'],
    })
  }
  return {
    host: server.host,
    port: server.port,
    secure: server.implicitTls,
    requireTLS: !server.loopback,
    tls: { rejectUnauthorized: !server.loopback },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(password === undefined ? {} : { auth: { user, pass: password } }),
  }
}

function compose(mail: Mail, { from, senderName, clock }: SmtpOptions): SendMailOptions {
  return {
    from: { name: oneLine(senderName), address: from },
    to: { name: mail.to.name, address: mail.to.address },
    envelope: { from, to: [mail.to.address] },
    subject: mail.subject,
    messageId: mail.messageId,
    date: clock.now(),
    text: mail.text,
    html: mail.html,
    xMailer: false,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
  }
}
