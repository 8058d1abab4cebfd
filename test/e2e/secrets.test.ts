import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSqliteStore } from '../../src/store/sqlite/index.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { startSmtpServer, type TestServer } from '../mail/smtp/server.ts'
import { runCli, someFirstPort, type Ended } from '../support/cli.ts'
import { filesBelow, leaksIn, watchProcesses, type Evidence, type Secret } from '../support/leaks.ts'

/**
 * Everything that a provision and what follows it print and keep is read for the secrets there are: as they are, and in the
 * forms in which programs write them down. Sign-ins stand where they are shown on purpose, and nowhere else.
 */

const mailUser = 'chaton@hote.example'
const mailPassword = 'Mot-de-passé/"du"+courrier &#'

let root: string
let smtp: TestServer
let env: Record<string, string>
let printed: Evidence[]
let processes: Evidence[]
let secrets: Secret[]

const chaton = async (...args: string[]): Promise<Ended> => {
  const ended = await runCli(args, env)
  expect({ args, exitCode: ended.exitCode, stderr: ended.exitCode === 0 ? '' : ended.stderr }).toEqual({ args, exitCode: 0, stderr: '' })
  return ended
}

/** What a run printed, without the lines or fields that show a sign-in on purpose. */
function remember(args: readonly string[], { stdout, stderr }: Ended, reveals: RegExp = /^$/): void {
  const kept = stdout.split('\n').filter((line) => !reveals.test(line)).join('\n')
  printed.push({ where: `standard output of chaton ${args.join(' ')}`, content: kept }, { where: `standard error of chaton ${args.join(' ')}`, content: stderr })
}

interface Provisioned {
  readonly metadata: { readonly uid: string }
  readonly signIn: { readonly user: string; password?: string }
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'chaton-secrets-'))
  smtp = await startSmtpServer({
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: (auth, _session, done) => done(auth.username === mailUser && auth.password === mailPassword ? null : new Error('wrong password'), { user: auth.username }),
  })
  env = { CHATON_STATE_DIRECTORY: join(root, 'state'), CHATON_CONFIG: join(root, 'chaton.yaml'), CHATON_WEB_FIRST_PORT: someFirstPort(), CHATON_LOG_LEVEL: 'debug' }
  writeFileSync(join(root, 'chaton.yaml'), '')
  printed = []
  const passwordFile = mkdtempSync(join(tmpdir(), 'chaton-password-'))
  writeFileSync(join(passwordFile, 'password'), `${mailPassword}\n`)
  const watch = watchProcesses()
  const init = ['init', '--file', join(root, 'new.yaml'), '--mail-url', `smtp://127.0.0.1:${smtp.port}`, '--mail-user', mailUser, '--mail-from', mailUser, '--mail-password-file', join(passwordFile, 'password')]
  remember(init, await chaton(...init))
  env = { ...env, CHATON_CONFIG: join(root, 'new.yaml') }

  const text = ['provision', 'fixtures/spaces/jardin-partage.yaml']
  remember(text, await chaton(...text), /^ {11}password |^Try it: /)
  const ended = await chaton(...text, '--json')
  const result = JSON.parse(ended.stdout) as Provisioned
  const trialPassword = result.signIn.password ?? ''
  delete result.signIn.password
  remember([...text, '--json'], { ...ended, stdout: JSON.stringify(result) })

  const inviting = ['account', 'invite', 'jardin-partage', 'lou@jardin.example']
  remember(inviting, await chaton(...inviting))
  remember([...inviting, '--json'], await chaton(...inviting, '--json'))
  for (const args of [['space', 'show', 'jardin-partage'], ['space', 'list'], ['account', 'list', 'jardin-partage'], ['space', 'usage', 'jardin-partage'], ['serve', '--once'], ['doctor'], ['space', 'backup', 'jardin-partage']]) {
    remember(args, await chaton(...args))
    remember([...args, '--json'], await chaton(...args, '--json'))
  }
  processes = await watch.stop()
  rmSync(passwordFile, { recursive: true })

  const tokens = smtp.mails.map(({ parsed }) => /reset\/form\/(\w+)\/lou/.exec(parsed.text ?? '')?.[1] ?? '')
  const key = readFileSync(join(root, 'state/secrets.key'))
  secrets = [
    { name: 'mail password', value: mailPassword, user: mailUser },
    { name: 'app password of the administrator', value: trialPassword, user: result.signIn.user },
    ...tokens.map((value, index) => ({ name: `invitation ${index}`, value })),
    { name: 'key of the secrets', value: key.toString('hex') },
    { name: 'key of the secrets', value: key.toString('base64') },
  ]
}, 120_000)

afterAll(async () => {
  await runCli(['space', 'delete', 'jardin-partage', '--confirm', 'jardin-partage', '--no-backup'], env)
  await smtp[Symbol.asyncDispose]()
  rmSync(root, { recursive: true, force: true })
})

describe('secrets of a sandbox', () => {
  test('there are some, and they work', () => {
    expect(secrets.map(({ value }) => value.length >= 20)).toEqual(secrets.map(() => true))
    expect(smtp.mails).toHaveLength(2)
    expect(smtp.mails.map(({ user }) => user)).toEqual([mailUser, mailUser])
  })

  test('are in nothing that was printed, apart from the sign-in that is shown on purpose', () => {
    expect(printed).toHaveLength(2 * (3 + 2 + 14))
    expect(leaksIn(printed, secrets)).toEqual([])
  })

  test('are in no command line and no environment of any process', () => {
    expect(processes.some(({ where }) => where.includes('provision'))).toBe(true)
    expect(processes.some(({ where }) => where.includes('server/main.js'))).toBe(true)
    expect(leaksIn(processes, secrets)).toEqual([])
  })

  test('are in no file: records, journal, settings, logs, database and files of the space, backups', () => {
    const files = filesBelow(root)
    const names = files.map(({ where }) => where)

    const expected = ['state/chaton.db', 'state/secrets.enc', 'server.log', 'space.sqlite', 'new.yaml', 'checksums.sha256']
    expect(expected.filter((part) => !names.some((name) => name.includes(part)))).toEqual([])
    expect(leaksIn(files, secrets)).toEqual([])
  })

  test('are in no record and no line of the journal', async () => {
    const { store, journal } = openSqliteStore({ path: join(root, 'state/chaton.db'), clock: systemClock })
    const content = JSON.stringify([await store.list('Space'), await store.list('Plan'), await journal.read('space/jardin-partage')])
    await store[Symbol.asyncDispose]()

    expect(content).toContain('hand-over')
    expect(leaksIn([{ where: 'records', content }], secrets)).toEqual([])
  })

  test('would be found in each of these places', () => {
    const [planted] = secrets
    const everywhere = [...printed, ...processes, ...filesBelow(join(root, 'state'))].map(({ where, content }) => ({ where, content: Buffer.concat([Buffer.from(content), Buffer.from(`?p=${encodeURIComponent(planted?.value ?? '')}`)]) }))

    expect(leaksIn(everywhere, secrets).length).toBeGreaterThanOrEqual(everywhere.length)
  })
})
