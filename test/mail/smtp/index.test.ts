import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import type { AddressObject } from 'mailparser'
import { expect, test } from 'vitest'
import { registerSecret } from '../../../src/kit/mask.ts'
import { createSmtpMailer, parseSmtpUrl, type SmtpOptions } from '../../../src/mail/smtp/index.ts'
import { mailerConformance, sampleMail } from '../../conformance/mailer.ts'
import { startSmtpServer } from './server.ts'

const now = new Date('2026-03-01T10:00:00Z')
const password = registerSecret('correct horse battery')

function options(port: number, extra: Partial<SmtpOptions> = {}): SmtpOptions {
  return {
    server: parseSmtpUrl(`smtp://127.0.0.1:${port}`),
    user: '',
    from: 'chaton@example.org',
    senderName: 'Les Hébergeur·euses, du coin',
    secrets: { get: async (name) => (name === 'mail/password' ? password : undefined) },
    clock: { now: () => now, sleep: async () => {} },
    timeoutMs: 2_000,
    ...extra,
  }
}

const firstAddress = (value: AddressObject | AddressObject[] | undefined) => [value].flat()[0]?.value[0]

mailerConformance('smtp', async () => {
  const server = await startSmtpServer()
  return {
    mailer: createSmtpMailer(options(server.port)),
    inbox: async () =>
      server.mails.map(({ parsed, recipients }) => ({
        fromAddress: firstAddress(parsed.from)?.address ?? '',
        toName: firstAddress(parsed.to)?.name ?? '',
        toAddress: firstAddress(parsed.to)?.address ?? '',
        recipients,
        subject: parsed.subject ?? '',
        messageId: parsed.messageId ?? '',
        text: parsed.text ?? '',
        html: typeof parsed.html === 'string' ? parsed.html : '',
      })),
    dieAfterNext: () => server.dieAfterNext(),
    [Symbol.asyncDispose]: async () => await server[Symbol.asyncDispose](),
  }
})

test('headers: sender with its name, date of our clock, marked as sent by a machine, nothing about the program', async () => {
  await using server = await startSmtpServer()
  await createSmtpMailer(options(server.port)).send(sampleMail)
  const [mail] = server.mails
  expect(firstAddress(mail?.parsed.from)).toEqual({ name: 'Les Hébergeur·euses, du coin', address: 'chaton@example.org' })
  expect(mail?.parsed.date).toEqual(now)
  expect(mail?.parsed.headers.get('auto-submitted')).toBe('auto-generated')
  expect(mail?.raw).not.toMatch(/^X-Mailer/im)
  expect(mail?.parsed.attachments).toEqual([])
})

test('no line of the mail is longer than RFC 5322 allows', async () => {
  await using server = await startSmtpServer()
  await createSmtpMailer(options(server.port)).send({ ...sampleMail, subject: 'é'.repeat(2000), text: 'x'.repeat(5000), html: `<p>${'x'.repeat(5000)}</p>` })
  const longest = Math.max(...(server.mails[0]?.raw.split(/\r?\n/).map((line) => line.length) ?? [Infinity]))
  expect(longest).toBeLessThanOrEqual(998)
})

test('signs in with the password of the secret store', async () => {
  await using server = await startSmtpServer({
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: (auth, _session, done) => (auth.username === 'chaton' && auth.password === password ? done(null, { user: 'chaton' }) : done(new Error('no'))),
  })
  await createSmtpMailer(options(server.port, { user: 'chaton' })).send(sampleMail)
  expect(server.mails[0]?.user).toBe('chaton')
})

test('a refused sign-in says so, names the setting and keeps the password to itself', async () => {
  await using server = await startSmtpServer({
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: (auth, _session, done) => done(new Error(`535 wrong password ${auth.password ?? ''}`)),
  })
  const mailer = createSmtpMailer(options(server.port, { user: 'chaton' }))
  const thrown = await mailer.verify().then(
    () => undefined,
    (error: unknown) => error as Error,
  )
  expect(thrown).toMatchObject({ code: 'machine-not-ready', retryable: false })
  expect(thrown?.message).toContain('refused our sign-in as "chaton"')
  expect(thrown?.message).not.toContain(password)
  await expect(mailer.send(sampleMail)).rejects.toMatchObject({ code: 'machine-not-ready' })
})

test('a sign-in name without a stored password says how to store it', async () => {
  const mailer = createSmtpMailer(options(1, { user: 'chaton', secrets: { get: async () => undefined } }))
  await expect(mailer.send(sampleMail)).rejects.toMatchObject({ code: 'machine-not-ready', next: [expect.stringContaining('--mail-password-file')] })
})

test.each([
  { answer: 550, retryable: false },
  { answer: 450, retryable: true },
])('a recipient refused with $answer is named; to be tried again: $retryable', async ({ answer, retryable }) => {
  await using server = await startSmtpServer({
    onRcptTo: (_address, _session, done) => done(Object.assign(new Error('no such mailbox'), { responseCode: answer })),
  })
  const sending = createSmtpMailer(options(server.port)).send(sampleMail)
  await expect(sending).rejects.toMatchObject({
    code: 'remote-failed',
    retryable,
    message: expect.stringMatching(/refuses the recipient "camille@jardin-partage\.example".*no such mailbox/),
    data: { recipient: 'camille@jardin-partage.example' },
  })
})

test('a refused sender is the hoster’s to mend', async () => {
  await using server = await startSmtpServer({
    onMailFrom: (_address, _session, done) => done(Object.assign(new Error('not yours'), { responseCode: 553 })),
  })
  await expect(createSmtpMailer(options(server.port)).send(sampleMail)).rejects.toMatchObject({
    code: 'remote-failed',
    actor: 'hoster',
    retryable: false,
    message: expect.stringContaining('refuses the sender "chaton@example.org"'),
  })
})

test('nobody at the port: unreachable, worth another try', async () => {
  const closed = createServer()
  closed.listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as AddressInfo
  closed.close()
  await expect(createSmtpMailer(options(port)).send(sampleMail)).rejects.toMatchObject({
    code: 'remote-failed',
    retryable: true,
    message: expect.stringContaining(`127.0.0.1:${port} cannot be reached`),
  })
})

test('a server that never greets is given up', async () => {
  const mute = createServer()
  mute.listen(0, '127.0.0.1')
  await once(mute, 'listening')
  const { port } = mute.address() as AddressInfo
  await expect(createSmtpMailer(options(port, { timeoutMs: 200 })).verify()).rejects.toMatchObject({ code: 'remote-failed', retryable: true })
  mute.close()
})

test('elsewhere than on this machine, nothing is sent without encryption, nor to a certificate nobody vouches for', async () => {
  await using plain = await startSmtpServer()
  await using selfSigned = await startSmtpServer({ disabledCommands: [] })
  for (const { port, mails } of [plain, selfSigned]) {
    const mailer = createSmtpMailer(options(port, { server: { ...parseSmtpUrl(`smtp://127.0.0.1:${port}`), loopback: false } }))
    await expect(mailer.send(sampleMail)).rejects.toMatchObject({ code: 'machine-not-ready', message: expect.stringContaining('encrypted') })
    expect(mails).toEqual([])
  }
})

test('STARTTLS is used on this machine where it is offered', async () => {
  await using server = await startSmtpServer({ disabledCommands: [], onMailFrom: (_address, session, done) => done(session.secure ? null : new Error('plain')) })
  await createSmtpMailer(options(server.port)).send(sampleMail)
  expect(server.mails).toHaveLength(1)
})

test.each([
  ['smtp://mail.example.org', { host: 'mail.example.org', port: 587, implicitTls: false, loopback: false }],
  ['smtps://mail.example.org', { host: 'mail.example.org', port: 465, implicitTls: true, loopback: false }],
  ['smtp://mail.example.org:25/', { host: 'mail.example.org', port: 25, implicitTls: false, loopback: false }],
  ['smtp://localhost:2525', { host: 'localhost', port: 2525, implicitTls: false, loopback: true }],
  ['smtp://[::1]:2525', { host: '::1', port: 2525, implicitTls: false, loopback: true }],
  ['smtp://127.0.0.1.example.org', { host: '127.0.0.1.example.org', port: 587, implicitTls: false, loopback: false }],
])('reads %s', (url, expected) => {
  expect(parseSmtpUrl(url)).toEqual(expected)
})

test.each(['mail.example.org', 'https://mail.example.org', 'smtp://', 'smtp://mail.example.org/x', 'smtp://mail.example.org?tls=no', ''])('refuses %j with an example', (url) => {
  expect(() => parseSmtpUrl(url)).toThrow(/smtp:\/\/mail\.example\.org:587/)
})

test('refuses credentials in the address without repeating them', () => {
  expect(() => parseSmtpUrl('smtp://me:hunter22@mail.example.org')).toThrow(/^(?!.*hunter22).*user name or password/)
})

test('refuses a sender that is no address', () => {
  expect(() => createSmtpMailer(options(25, { from: '' }))).toThrow(/mail\.from/)
})
