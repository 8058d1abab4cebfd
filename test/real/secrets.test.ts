import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { silentLogger } from '../../src/kit/log.ts'
import { openApp } from '../../src/wiring.ts'
import { startSmtpServer, type TestServer } from '../mail/smtp/server.ts'
import { runCli, someFirstPort, type Ended } from '../support/cli.ts'
import { filesBelow, leaksIn, watchProcesses, type Evidence, type Secret } from '../support/leaks.ts'
import { allSecrets } from './support/all-secrets.ts'
import { releasesHere, whyNoHostEngine } from './support/machine.ts'

/**
 * A real space is made, its invitation mailed, and what follows. Then everything that was printed, kept and run is read for
 * every secret of the machine. A secret lies where it must (the encrypted file, the space's config.php) and nowhere else.
 */

const reason = await whyNoHostEngine()
const release = releasesHere().includes('32.0.1') ? '32.0.1' : releasesHere().at(-1)
const slug = 'secrets-essai'
const mailUser = 'chaton@hote.example'
const mailPassword = 'Mot-de-passé/"du"+courrier &#'

let root: string
let state: string
let smtp: TestServer
let env: Record<string, string>
let processes: Evidence[] = []
let databases: Evidence[] = []
const printed: Evidence[] = []
const secrets: Secret[] = []

async function chaton(...args: readonly string[]): Promise<Ended> {
  const ended = await runCli(args, env)
  expect({ args, exitCode: ended.exitCode, said: ended.exitCode === 0 ? '' : `${ended.stdout}${ended.stderr}` }).toEqual({ args, exitCode: 0, said: '' })
  printed.push({ where: `standard output of chaton ${args.join(' ')}`, content: ended.stdout }, { where: `standard error of chaton ${args.join(' ')}`, content: ended.stderr })
  return ended
}

const psql = (...args: readonly string[]): string => execFileSync('runuser', ['-u', 'postgres', '--', ...args], { encoding: 'utf8', maxBuffer: 2 ** 28, cwd: '/' })

/** Values of the space's config.php, by PHP itself. */
function configOf(path: string): Record<string, string> {
  const text = execFileSync('php', ['-r', 'include $argv[1]; echo json_encode(array_filter($CONFIG, "is_string"));', path], { encoding: 'utf8' })
  return JSON.parse(text) as Record<string, string>
}

function settings(): ReturnType<typeof loadConfig> {
  return loadConfig({ flags: {}, surroundings: { uid: 0, homeDirectory: '/', environment: env } })
}

beforeAll(async () => {
  if (reason !== undefined) return
  root = mkdtempSync(join(tmpdir(), 'chaton-secrets-'))
  chmodSync(root, 0o755)
  state = join(root, 'state')
  smtp = await startSmtpServer({
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: (auth, _session, done) => done(auth.username === mailUser && auth.password === mailPassword ? null : new Error('wrong password'), { user: auth.username }),
  })
  env = {
    CHATON_ENGINE: 'host',
    CHATON_STATE_DIRECTORY: state,
    CHATON_WEB_FIRST_PORT: someFirstPort(),
    CHATON_MAIL_URL: `smtp://127.0.0.1:${smtp.port}`,
    CHATON_MAIL_USER: mailUser,
    CHATON_MAIL_FROM: mailUser,
    CHATON_DOMAIN: 'hote.example',
    CHATON_RELEASES_DEFAULT: release ?? '',
    CHATON_VOLUMES_OVER_COMMIT: '100',
    CHATON_LOG_LEVEL: 'debug',
  }
  const password = join(mkdtempSync(join(tmpdir(), 'chaton-password-')), 'password')
  writeFileSync(password, `${mailPassword}\n`, { mode: 0o600 })
  const manifest = join(root, 'space.yaml')
  writeFileSync(manifest, `apiVersion: chaton.hosting/v1alpha1\nkind: Space\nmetadata: { name: ${slug} }\nspec: { title: Essai, plan: tiny, owner: { name: Camille, email: camille@essai.example } }\n`)

  const watch = watchProcesses()
  await chaton('init', '--file', join(root, 'chaton.yaml'), '--mail-password-file', password)
  await chaton('provision', manifest)
  await chaton('provision', manifest, '--json')
  await chaton('account', 'invite', slug, 'lou@essai.example', '--json')
  for (const args of [['space', 'show', slug], ['space', 'usage', slug], ['account', 'list', slug], ['serve', '--once'], ['space', 'list']]) {
    await chaton(...args)
    await chaton(...args, '--json')
  }
  const doctor = await runCli(['doctor', '--json'], env)
  printed.push({ where: 'standard output of chaton doctor', content: `${doctor.stdout}${doctor.stderr}` })
  processes = await watch.stop()
  rmSync(join(password, '..'), { recursive: true })

  const names = psql('psql', '-Atc', `select datname from pg_database where datname like 'ch-${slug}-%'`).trim().split('\n')
  databases = names.map((name) => ({ where: `database ${name}`, content: psql('pg_dump', name) }))
  // An instance id names a folder and a cookie: it is kept with the secrets and is none.
  const kept = [...allSecrets(state)].filter(([name]) => !name.endsWith('/instance-id'))
  secrets.push(...kept.map(([name, value]) => ({ name, value, ...(name === 'mail/password' ? { user: mailUser } : {}) })))
  for (const { parsed } of smtp.mails) {
    const token = /reset\/form\/(\w+)\//.exec(parsed.text ?? '')?.[1]
    secrets.push({ name: `invitation of ${String(parsed.subject)}`, value: token ?? '' })
  }
}, 300_000)

afterAll(async () => {
  if (reason !== undefined) return
  await runCli(['space', 'delete', slug, '--confirm', slug, '--no-backup'], env)
  const app = await openApp({ config: settings(), logger: silentLogger })
  await app.forgetRelease(release ?? '')
  await app.close()
  await smtp[Symbol.asyncDispose]()
  rmSync(root, { recursive: true, force: true })
}, 60_000)

describe.skipIf(reason !== undefined)(`secrets of a real space${reason === undefined ? ` (${release ?? ''})` : `: skipped, ${reason}`}`, () => {
  test('there are those that a space needs, and the mail went out by sign-in', () => {
    expect(secrets.map(({ name }) => name.replace(/^space\/[^/]+\//, ''))).toEqual(expect.arrayContaining(['secret', 'password-salt', 'database', 'mail/password']))
    expect(secrets.filter(({ name }) => name.startsWith('invitation')).map(({ value }) => value.length)).toEqual([expect.any(Number), expect.any(Number)])
    expect(secrets.every(({ value }) => value.length >= 16)).toBe(true)
    expect(smtp.mails.map(({ user }) => user)).toEqual([mailUser, mailUser])
  })

  test('are in nothing that was printed, logs and progress included', () => {
    expect(printed.length).toBeGreaterThan(25)
    expect(leaksIn(printed, secrets)).toEqual([])
  })

  test('are in no command line and no environment of any process', () => {
    for (const program of ['psql', 'php', 'caddy', 'redis-server', 'provision']) expect(processes.map(({ where }) => where).filter((where) => where.includes(program))).not.toEqual([])
    expect(leaksIn(processes, secrets)).toEqual([])
  })

  test('lie in config.php, which only the space reads, and in no other file of the machine', () => {
    const files = filesBelow(root)
    const found = leaksIn(files, secrets).map((leak) => leak.slice(leak.lastIndexOf(': ') + 2))

    const places = [...new Set(found)]
    expect(places.filter((path) => !path.endsWith('/config/config.php'))).toEqual([])
    const own = places.filter((path) => path.includes(`/spaces/ch-${slug}-`))
    expect(own).toHaveLength(1)
    expect(places.map((path) => statSync(path).mode & 0o007)).toEqual(places.map(() => 0))
    expect(Object.keys(configOf(own[0] ?? ''))).toEqual(expect.arrayContaining(['secret', 'passwordsalt', 'dbpassword', 'mail_smtppassword']))
    expect(files.some(({ where }) => where.endsWith('/log/nextcloud.log') || where.endsWith('/log/php-fpm.log'))).toBe(true)
  })

  test('are not in the database of the space', () => {
    expect(databases).toHaveLength(1)
    expect(databases[0]?.content.includes('oc_appconfig')).toBe(true)
    expect(leaksIn(databases, secrets)).toEqual([])
  })
})
