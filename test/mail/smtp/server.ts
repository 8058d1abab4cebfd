import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { simpleParser, type ParsedMail } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export interface TestServer extends AsyncDisposable {
  readonly port: number
  readonly mails: { readonly parsed: ParsedMail; readonly raw: string; readonly recipients: readonly string[]; readonly user: string | undefined }[]
  dieAfterNext(): void
}

async function readAll(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Buffer))
  return Buffer.concat(chunks).toString()
}

/** An SMTP server on a loopback port that keeps what it takes; without further options it wants neither TLS nor sign-in. */
export async function startSmtpServer(options: SMTPServerOptions = {}): Promise<TestServer> {
  const mails: TestServer['mails'][number][] = []
  let dying = false
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    ...options,
    onData: (stream, session, done) => {
      void (async () => {
        const raw = await readAll(stream)
        const recipients = session.envelope.rcptTo.map((recipient) => recipient.address)
        mails.push({ parsed: await simpleParser(raw), raw, recipients, user: session.user })
        if (!dying) return done()
        dying = false
        for (const connection of server.connections as Set<{ _socket: { destroy(): void } }>) connection._socket.destroy()
        return undefined
      })()
    },
  })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    dieAfterNext: () => {
      dying = true
    },
    [Symbol.asyncDispose]: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}
