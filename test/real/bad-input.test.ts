import { execFileSync, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openInstallation, type Installation, type Refusal } from './support/installation.ts'
import { releasesHere, whyNoHostEngine } from './support/machine.ts'

/** What only a real machine can lack: each is one clear message, its documented exit code, and nothing half made. */
const reason = await whyNoHostEngine()
const release = releasesHere().at(-1) ?? ''

const portFree = async (port: number): Promise<boolean> =>
  await new Promise((done) => {
    const server = createServer().once('error', () => done(false))
    server.listen(port, () => server.close(() => done(true)))
  })
const webPorts = (await portFree(80)) && (await portFree(443))

describe.skipIf(reason !== undefined)(`a machine that is not as it should be${reason === undefined ? '' : `: skipped, ${reason}`}`, () => {
  let here: Installation
  let settings: Readonly<Record<string, string>>

  beforeAll(() => {
    settings = { CHATON_RELEASES_DEFAULT: release }
    here = openInstallation(31_700, settings)
  })
  afterAll(async () => await here[Symbol.asyncDispose]())

  /** Directories that a provision fills; those of the state itself are not among them. */
  const made = (state: string): string[] => ['spaces', 'volumes', 'golden', 'units', 'caddy'].flatMap((name) => (existsSync(join(state, name)) ? readdirSync(join(state, name)) : []))
  const nothingMade = async (one: Installation): Promise<unknown[]> => [await one.slugs(), one.remains(), made(one.state)]

  /** As a program and as a person see it; nothing of the space is there afterwards. */
  async function refused(exitCode: number, changes: Readonly<Record<string, string>>, spec = 'plan: tiny'): Promise<Refusal> {
    const one = openInstallation(31_700, { ...settings, ...changes })
    try {
      const file = one.manifest('x', spec)
      const error = await one.refusal(exitCode, 'provision', file)
      const { stdout, stderr, ...ended } = await one.run('provision', file)
      expect([ended.exitCode, stdout]).toEqual([exitCode, ''])
      expect(stderr.split('\n').filter((line) => line.startsWith('✗'))).toHaveLength(1)
      expect(stderr).toContain(`✗ ${error.message}`)
      expect(stderr).not.toMatch(/\n\s+at /)
      expect(error.next.length).toBeGreaterThanOrEqual(1)
      expect(await nothingMade(one)).toEqual([[], [], []])
      return error
    } finally {
      await one[Symbol.asyncDispose]()
    }
  }

  test('a release that is not installed is named, with those that are', async () => {
    const { code, message, next } = await refused(2, {}, 'plan: tiny, release: 31.0.9')
    expect([code, next]).toEqual(['bad-input', ['chaton release add 31.0.9']])
    expect(message).toMatch(new RegExp(`"31\\.0\\.9" is not installed .*${release.replaceAll('.', String.raw`\.`)}`))
  })

  test('no release at all', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'chaton-no-releases-'))
    const { message, next } = await refused(5, { CHATON_RELEASES_DIRECTORY: empty, CHATON_RELEASES_DEFAULT: '' })
    rmSync(empty, { recursive: true })
    expect(message).toContain('no Nextcloud release is installed')
    expect(next.join()).toContain('chaton release add')
  })

  test.each<[string, Record<string, string>, RegExp]>([
    ['the wrong port', { CHATON_DATABASE_PORT: '5999' }, /PostgreSQL does not answer at .*port 5999 \(database\.socketDirectory, database\.port\)/],
    ['no socket there', { CHATON_DATABASE_SOCKET_DIRECTORY: '/proc/none' }, /PostgreSQL does not answer at \/proc\/none/],
    ['a user that PostgreSQL does not know', { CHATON_DATABASE_ADMIN_USER: 'nobody' }, /does not let the user "nobody" \(database\.adminUser\) in/],
    ['a user that is not there', { CHATON_DATABASE_KIND: 'postgresql', CHATON_DATABASE_ADMIN_USER: 'nosuchuser' }, /no user "nosuchuser"/],
  ])('a database that cannot be reached: %s', async (_title, changes, message) => {
    expect(await refused(5, changes)).toMatchObject({ code: 'machine-not-ready', message: expect.stringMatching(message) })
  })

  test('a disk without room for the pool: promised, used and physical are said', async () => {
    const plan = join(here.state, 'huge.yaml')
    writeFileSync(plan, readFileSync(new URL('../../fixtures/plans/tiny.yaml', import.meta.url), 'utf8').replace('name: tiny', 'name: huge').replace('50 MB\n', '900 TB\n'))
    await here.json('plan', 'apply', plan)
    await here.json('provision', here.manifest('small'))
    const before = here.remains()

    const { code, message } = await here.refusal(7, 'provision', here.manifest('large', 'plan: huge'))
    expect(code).toBe('no-room')
    expect(message).toMatch(/no room for a pool of 900 TB: promised to other spaces 50 MB, used [\d.]+ .B, physical [\d.]+ .B, of which 1\.5 times may be promised/)
    expect([await here.slugs(), here.remains().filter((line) => !line.startsWith('process'))]).toEqual([[here.slug('small')], before.filter((line) => !line.startsWith('process'))])
  })

  test.each(['btrfs', 'project-quota'])('volumes of the kind %s asked for where there are none', async (kind) => {
    const { code, message } = await refused(5, { CHATON_VOLUMES_KIND: kind })
    expect([code, message]).toEqual(['machine-not-ready', expect.stringMatching(kind === 'btrfs' ? /not on btrfs/ : /project quotas|setquota/)])
  })

  test('a domain that does not resolve, where spaces are public', async () => {
    const { code, message, next } = await refused(2, { CHATON_WEB_MODE: 'public', CHATON_DOMAIN: 'nowhere.invalid' })
    expect([code, message]).toEqual(['bad-input', expect.stringMatching(/the domain "[a-z0-9-]+\.nowhere\.invalid" does not resolve/)])
    expect(next[0]).toContain('create a DNS record')
  })

  test.skipIf(!webPorts)('a domain that does not resolve, under the internal authority: a warning, and the space is made', async () => {
    const one = openInstallation(31_700, { ...settings, CHATON_WEB_MODE: 'internal', CHATON_DOMAIN: 'nowhere.invalid' })
    try {
      const { status, findings } = await one.json<{ status: { phase: string; url: string }; findings: { code: string; severity: string }[] }>('provision', one.manifest('x'))
      expect([status.phase, status.url, findings.filter(({ code }) => code.startsWith('domain'))]).toEqual([
        'Ready',
        `https://${one.slug('x')}.nowhere.invalid`,
        [expect.objectContaining({ code: 'domain-unresolved', severity: 'warning' })],
      ])
      const ca = readFileSync(join(one.state, 'caddy/data/caddy/pki/authorities/local/root.crt'), 'utf8')
      const host = `${one.slug('x')}.nowhere.invalid`
      const answered = await new Promise<number | undefined>((done, fail) => {
        httpsRequest({ host: '127.0.0.1', port: 443, path: '/status.php', servername: host, headers: { host }, ca }, (answer) => done(answer.statusCode)).on('error', fail).end()
      })
      expect(answered).toBe(200)
    } finally {
      await one[Symbol.asyncDispose]()
    }
  })

  test('chaton doctor has nothing against this machine, says what mends the rest, and leaves no trace', async () => {
    const one = openInstallation(31_700, settings)
    try {
      const before = readdirSync(one.state)
      const { ready, findings } = await one.json<{ ready: boolean; findings: { severity: string; message: string; fix?: string }[] }>('doctor')
      expect([ready, findings.filter(({ severity }) => severity === 'error')]).toEqual([true, []])
      expect(findings.filter(({ severity, fix }) => severity === 'warning' && fix === undefined)).toEqual([])
      expect(readdirSync(one.state)).toEqual(before)
    } finally {
      await one[Symbol.asyncDispose]()
    }
  })

  test('chaton doctor says of a machine with the wrong settings what to do, once each, errors first', async () => {
    const one = openInstallation(31_700, { ...settings, CHATON_DATABASE_PORT: '5999', CHATON_MAIL_URL: 'smtp://127.0.0.1:9', CHATON_RELEASES_DEFAULT: '31.0.9', CHATON_VOLUMES_KIND: 'btrfs' })
    try {
      const { exitCode, stdout } = await one.run('doctor')
      const said = stdout.split('\n').filter((line) => /^[✗!·]/.test(line))
      expect([exitCode, said.filter((line) => line.startsWith('✗'))]).toEqual([
        5,
        [
          expect.stringContaining('mail.from'),
          expect.stringContaining('releases.default is "31.0.9"'),
          expect.stringContaining('not on btrfs'),
          expect.stringContaining('PostgreSQL does not answer'),
        ],
      ])
      expect(said.map((line) => line[0]).join('')).toMatch(/^✗+!*·*$/)
    } finally {
      await one[Symbol.asyncDispose]()
    }
  })

  test('PHP without modules that Nextcloud needs: all are named, with the packages', () => {
    const state = mkdtempSync(join(tmpdir(), 'chaton-php-'))
    const empty = mkdtempSync(join(tmpdir(), 'chaton-no-modules-'))
    const directories = execFileSync('sh', ['-c', 'ls -d /etc/php/*/cli/conf.d'], { encoding: 'utf8' }).trim().split('\n')
    const script = `${directories.map((directory) => `mount --bind ${empty} ${directory}`).join(' && ')} && exec "$@"`
    const { error, exitCode } = provisionIn(state, ['unshare', '--mount', 'sh', '-c', script, 'sh'])
    expect([exitCode, error.code]).toEqual([5, 'machine-not-ready'])
    expect(error.message).toMatch(/lacks modules .*gd.*curl.*zip/)
    expect(error.next[0]).toMatch(/^apt-get install php[\d.]+-.*php[\d.]+-gd/)
    expect(made(state)).toEqual([])
    for (const directory of [state, empty]) rmSync(directory, { recursive: true })
  })

  test('without the rights of root', () => {
    const state = mkdtempSync(join(tmpdir(), 'chaton-not-root-'))
    chownSync(state, 65_534, 65_534)
    const { error, exitCode } = provisionIn(state, ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'])
    expect([exitCode, error.code, error.next]).toEqual([5, 'machine-not-ready', ['run the same command with sudo']])
    expect(error.message).toContain('has to run as root')
    expect(made(state)).toEqual([])
    rmSync(state, { recursive: true })
  })

  /** `chaton provision --json` started by way of another program, with a state directory of its own. */
  function provisionIn(state: string, by: readonly [string, ...string[]]): { exitCode: number | null; error: Refusal } {
    mkdirSync(join(state, 'manifests'))
    const manifest = join(state, 'manifests/x.yaml')
    writeFileSync(manifest, 'apiVersion: chaton.hosting/v1alpha1\nkind: Space\nmetadata: { name: nothing-made }\nspec: { title: X, plan: tiny, owner: { name: C, email: c@essai.example } }\n')
    const [program, ...args] = by
    const env = { PATH: process.env['PATH'], HOME: '/nonexistent', CHATON_CONFIG: '/dev/null', CHATON_ENGINE: 'host', CHATON_STATE_DIRECTORY: state, CHATON_RELEASES_DEFAULT: release }
    const ended = spawnSync(program, [...args, process.execPath, resolve(import.meta.dirname, '../../bin/chaton.js'), 'provision', manifest, '--json'], { env, encoding: 'utf8' })
    const { error } = JSON.parse(ended.stdout) as { error: Refusal }
    const listed = spawnSync(process.execPath, [resolve(import.meta.dirname, '../../bin/chaton.js'), 'space', 'list', '--json'], { env, encoding: 'utf8' })
    expect(JSON.parse(listed.stdout)).toEqual({ spaces: [] })
    expect(execFileSync('getent', ['passwd'], { encoding: 'utf8' })).not.toContain('ch-nothing-made')
    return { exitCode: ended.status, error }
  }
})
