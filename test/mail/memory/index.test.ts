import { ChatonError } from '../../../src/kit/errors.ts'
import { createMemoryMailer } from '../../../src/mail/memory/index.ts'
import { mailerConformance } from '../../conformance/mailer.ts'

mailerConformance('memory', async () => {
  const mailer = createMemoryMailer()
  return {
    mailer,
    inbox: async () =>
      mailer.sent.map((mail) => ({
        fromAddress: mailer.from,
        toName: mail.to.name,
        toAddress: mail.to.address,
        recipients: [mail.to.address],
        subject: mail.subject,
        messageId: mail.messageId,
        text: mail.text,
        html: mail.html,
      })),
    dieAfterNext: () => mailer.failNext(new ChatonError('remote-failed', 'the connection broke', { retryable: true }), true),
    [Symbol.asyncDispose]: async () => {},
  }
})
