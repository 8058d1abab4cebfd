import { simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

export interface Caught {
  readonly messageId: string
  readonly to: string
}

/** A mail server that keeps what it is given. */
export interface MailCatcher extends AsyncDisposable {
  readonly caught: readonly Caught[]
  /** Settings with which chaton mails to it. */
  readonly settings: Readonly<Record<string, string>>
}

export async function openMailCatcher(): Promise<MailCatcher> {
  const caught: Caught[] = []
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, _session, done) => {
      simpleParser(stream, (error: Error | null, mail) => {
        const to = Array.isArray(mail.to) ? mail.to[0] : mail.to
        if (error === null) caught.push({ messageId: mail.messageId ?? '', to: to?.value[0]?.address ?? '' })
        done(error)
      })
    },
  })
  const port = await new Promise<number>((resolve) => {
    const server = smtp.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  return {
    caught,
    settings: { CHATON_MAIL_URL: `smtp://127.0.0.1:${port}`, CHATON_MAIL_FROM: 'chaton@hote.example' },
    [Symbol.asyncDispose]: async () => await new Promise<void>((resolve) => smtp.close(resolve)),
  }
}
