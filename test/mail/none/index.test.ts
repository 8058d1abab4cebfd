import { expect, test } from 'vitest'
import { createNoMailer } from '../../../src/mail/none/index.ts'
import { sampleMail } from '../../conformance/mailer.ts'

test('says that it is not configured, and refuses to send with what to set', async () => {
  const mailer = createNoMailer()
  expect(mailer.configured).toBe(false)
  await expect(mailer.send(sampleMail)).rejects.toMatchObject({ code: 'machine-not-ready', message: expect.stringContaining('no mail server') })
  await expect(mailer.verify()).rejects.toMatchObject({ next: [expect.stringContaining('mail.url'), expect.stringContaining('--mail-password-file')] })
})
