import { simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server'

export interface Caught {
  readonly messageId: string
  readonly to: string
}

/** A mail server that keeps what it is given whole; senders may be gone at any instant. */
export interface MailCatcher extends AsyncDisposable {
  readonly caught: readonly Caught[]
  /** Forgets what came after the first so many mails. */
  forgetAfter(count: number): void
  /** Settings with which chaton mails to it. */
  readonly settings: Readonly<Record<string, string>>
}

/** A mail whose sender is gone before its end is no mail: answers what is wrong. */
async function keep(stream: SMTPServerDataStream, caught: Caught[]): Promise<Error | null> {
  try {
    const { to, messageId } = await simpleParser(stream)
    const [first] = to === undefined ? [] : [to].flat()
    caught.push({ messageId: messageId ?? '', to: first?.value[0]?.address ?? '' })
    return null
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

export async function openMailCatcher(): Promise<MailCatcher> {
  const caught: Caught[] = []
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, _session, done) => {
      void (async () => done(await keep(stream, caught)))()
    },
  })
  smtp.on('error', () => {})
  const port = await new Promise<number>((resolve) => {
    const server = smtp.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  return {
    caught,
    forgetAfter: (count) => void caught.splice(count),
    settings: { CHATON_MAIL_URL: `smtp://127.0.0.1:${port}`, CHATON_MAIL_FROM: 'chaton@hote.example' },
    [Symbol.asyncDispose]: async () => await new Promise<void>((resolve) => smtp.close(resolve)),
  }
}
