import { describe, expect, test } from 'vitest'
import type { Mail, Mailer } from '../../src/mail/contract.ts'

/** A mail as its recipient's program shows it. */
export interface ReceivedMail {
  readonly fromAddress: string
  readonly toName: string
  readonly toAddress: string
  /** Envelope recipients: where it truly went. */
  readonly recipients: readonly string[]
  readonly subject: string
  readonly messageId: string
  readonly text: string
  readonly html: string
}

export interface MailerHarness extends AsyncDisposable {
  readonly mailer: Mailer
  inbox(): Promise<readonly ReceivedMail[]>
  /** The server takes the next mail and dies before it can say so. */
  dieAfterNext(): void
}

export const sampleMail: Mail = {
  to: { name: 'Camille Martin', address: 'camille@jardin-partage.example' },
  subject: 'Votre espace est prêt',
  text: 'Bonjour Camille,\n\nvotre espace « Le jardin partagé » est prêt.\n',
  html: '<!doctype html><html lang="fr"><body><p>Bonjour Camille,</p><p>votre espace « Le jardin partagé » est prêt.</p></body></html>',
  messageId: '<space.1a2b3c.hand-over@example.org>',
}

/** The promise of src/mail/contract.ts, for mailers that send. */
export function mailerConformance(name: string, open: () => Promise<MailerHarness>): void {
  describe(`mailer ${name}`, () => {
    test('the recipient gets the mail: address, subject, both texts, Message-ID', async () => {
      await using harness = await open()
      await harness.mailer.send(sampleMail)
      const [mail, ...others] = await harness.inbox()
      expect(others).toEqual([])
      expect(mail).toMatchObject({
        fromAddress: harness.mailer.from,
        toName: 'Camille Martin',
        toAddress: 'camille@jardin-partage.example',
        recipients: ['camille@jardin-partage.example'],
        subject: 'Votre espace est prêt',
        messageId: '<space.1a2b3c.hand-over@example.org>',
      })
      expect(mail?.text.trim()).toBe(sampleMail.text.trim())
      expect(mail?.html).toContain('votre espace « Le jardin partagé » est prêt.')
    })

    test('accents, quotes, commas and other scripts in names and subjects arrive as written', async () => {
      await using harness = await open()
      const names = ['Zoë Élise Ñandú', 'Martin, Camille', 'Le "Jardin"', "L'Œuvre · 🌱 日本語", 'x'.repeat(180)]
      for (const [index, name] of names.entries()) {
        await harness.mailer.send({
          ...sampleMail,
          to: { name, address: 'camille@jardin-partage.example' },
          subject: `Espace « ${name} » : c’est prêt — à vous !`,
          messageId: `<${index}@example.org>`,
        })
      }
      const inbox = await harness.inbox()
      expect(inbox.map((mail) => mail.toName)).toEqual(names)
      expect(inbox.map((mail) => mail.subject)).toEqual(names.map((name) => `Espace « ${name} » : c’est prêt — à vous !`))
    })

    test('long lines, lines of a dot and trailing blanks survive the way', async () => {
      await using harness = await open()
      const long = `https://example.org/${'a'.repeat(2500)}`
      const text = `${long}\n.\n..hidden\nFrom here\nété ${'é'.repeat(1200)}\nend\n`
      await harness.mailer.send({ ...sampleMail, text, html: `<p><a href="${long}">${'é'.repeat(3000)}</a></p>` })
      const [mail] = await harness.inbox()
      expect(mail?.text.trim()).toBe(text.trim())
      expect(mail?.html).toContain(`<a href="${long}">${'é'.repeat(3000)}</a>`)
    })

    test('line breaks in names and subjects cannot add a header or a recipient', async () => {
      await using harness = await open()
      await harness.mailer.send({
        ...sampleMail,
        to: { name: 'Camille\r\nBcc: spy@example.net\r\n', address: 'camille@jardin-partage.example' },
        subject: 'Prêt\r\nBcc: spy@example.net\n\nbody\u2028more',
      })
      const [mail] = await harness.inbox()
      expect(mail?.recipients).toEqual(['camille@jardin-partage.example'])
      expect(mail?.toName).toBe('Camille Bcc: spy@example.net')
      expect(mail?.subject).toBe('Prêt Bcc: spy@example.net body more')
      expect(mail?.text.trim()).toBe(sampleMail.text.trim())
    })

    test.each(['', 'camille', 'a@b.example, c@d.example', 'a@b.example\nRCPT TO:<c@d.example>', '<a@b.example>', 'a b@c.example'])(
      'refuses %j as an address, and sends nothing',
      async (address) => {
        await using harness = await open()
        await expect(harness.mailer.send({ ...sampleMail, to: { name: 'Camille', address } })).rejects.toMatchObject({ code: 'bad-input' })
        expect(await harness.inbox()).toEqual([])
      },
    )

    test('refuses a Message-ID that is none', async () => {
      await using harness = await open()
      for (const messageId of ['', 'a@b', '<a>', '<a@b>\r\nX: y']) {
        await expect(harness.mailer.send({ ...sampleMail, messageId })).rejects.toMatchObject({ code: 'bug' })
      }
      expect(await harness.inbox()).toEqual([])
    })

    test('a mail sent again after a break carries the same Message-ID', async () => {
      await using harness = await open()
      harness.dieAfterNext()
      await expect(harness.mailer.send(sampleMail)).rejects.toMatchObject({ code: 'remote-failed', retryable: true })
      await harness.mailer.send(sampleMail)
      const inbox = await harness.inbox()
      expect(inbox.map((mail) => mail.messageId)).toEqual([sampleMail.messageId, sampleMail.messageId])
    })

    test('verify resolves when the server answers', async () => {
      await using harness = await open()
      expect(harness.mailer.configured).toBe(true)
      await expect(harness.mailer.verify()).resolves.toBeUndefined()
    })
  })
}
