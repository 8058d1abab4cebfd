import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCli, someFirstPort, startCli, type Ended } from '../support/cli.ts'

/** What a newcomer does in the first minutes, with the real program and nothing installed. */

let state: string
let env: Record<string, string>
const chaton = async (...args: string[]): Promise<Ended> => await runCli(args, env)
const manifest = 'fixtures/spaces/jardin-partage.yaml'

interface Provisioned {
  readonly metadata: { readonly name: string; readonly uid: string }
  readonly status: { readonly url: string; readonly phase: string; readonly sandbox: boolean }
  readonly signIn: { readonly user: string; readonly password: string; readonly url: string }
}

const basic = (user: string, password: string): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

async function provisioned(file = manifest, ...flags: string[]): Promise<Provisioned> {
  const { stdout, stderr, exitCode } = await chaton('provision', file, '--json', ...flags)
  expect(stderr).not.toMatch(/Warning|Error/)
  expect(exitCode).toBe(0)
  return JSON.parse(stdout) as Provisioned
}

beforeAll(() => {
  state = mkdtempSync(join(tmpdir(), 'chaton-e2e-'))
  env = { CHATON_STATE_DIRECTORY: state, CHATON_WEB_FIRST_PORT: someFirstPort() }
})
afterAll(async () => {
  const { stdout } = await chaton('space', 'list', '--json')
  for (const { metadata } of (JSON.parse(stdout) as { spaces: { metadata: { name: string } }[] }).spaces) {
    await chaton('space', 'delete', metadata.name, '--confirm', metadata.name, '--no-backup')
  }
  rmSync(state, { recursive: true, force: true })
})

describe('the first command', () => {
  test('--dry-run lists the steps and makes nothing', async () => {
    const { stdout, exitCode } = await chaton('provision', manifest, '--dry-run')

    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/Would create jardin-partage[\s\S]*Health check[\s\S]*Nothing was changed/)
    expect((await chaton('space', 'list')).stdout).toContain('No spaces yet')
  })

  test('ends with an address that answers, and credentials that upload', async () => {
    const { status, signIn } = await provisioned()

    expect(status).toMatchObject({ phase: 'Ready', sandbox: true })
    expect(await (await fetch(`${status.url}/status.php`)).json()).toMatchObject({ installed: true })
    const file = `${status.url}/remote.php/dav/files/${signIn.user}/essai.txt`
    const headers = { authorization: basic(signIn.user, signIn.password) }
    expect((await fetch(file, { method: 'PUT', headers, body: 'bonjour' })).status).toBe(201)
    expect(await (await fetch(file, { headers })).text()).toBe('bonjour')
  })

  test('for people, it says that it is a sandbox and how to sign in', async () => {
    const { stdout, stderr, exitCode } = await chaton('provision', manifest)

    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/SANDBOX/)
    expect(stdout).toMatch(/user\s+admin\n\s+password\s+\S+/)
    expect(stderr).toMatch(/✓ health/)
  })

  test('again, it is the same space with the same sign-in', async () => {
    const first = await provisioned()
    const second = await provisioned()

    expect(second.metadata.uid).toBe(first.metadata.uid)
    expect(second.signIn).toEqual(first.signIn)
  })
})

describe('two runs at once', () => {
  test('make one space; the other says who is at work and ends with 4', async () => {
    const file = join(state, 'deux.yaml')
    writeFileSync(file, readFileSync(manifest, 'utf8').replace('name: jardin-partage', 'name: deux-a-la-fois').replace('camille@', 'deux@'))
    const runs = [startCli(['provision', file, '--json'], env), startCli(['provision', file, '--json'], env)]

    const ended = await Promise.all(runs.map(async (run) => await run.ended))

    const done = ended.filter(({ exitCode }) => exitCode === 0)
    const refused = ended.filter(({ exitCode }) => exitCode !== 0).map(({ exitCode, stdout }) => ({ exitCode, ...(JSON.parse(stdout) as object) }))
    expect(done.length).toBeGreaterThanOrEqual(1)
    expect(refused).toEqual(refused.map(() => expect.objectContaining({ exitCode: 4, error: expect.objectContaining({ code: 'conflict', retryable: true }) })))
    const { spaces } = JSON.parse((await chaton('space', 'list', '--json')).stdout) as { spaces: { metadata: { name: string } }[] }
    expect(spaces.filter(({ metadata }) => metadata.name === 'deux-a-la-fois')).toHaveLength(1)
  })
})

describe('bad input', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['invalid YAML', 'apiVersion: [', /is not a valid manifest/],
    ['an unknown field', readFileSync(manifest, 'utf8').replace('office:', 'ofice:'), /unknown field "ofice"; did you mean "office"\?/],
    ['a reserved slug', readFileSync(manifest, 'utf8').replace('name: jardin-partage', 'name: www'), /"www" is a reserved name/],
    ['capitals and accents', readFileSync(manifest, 'utf8').replace('name: jardin-partage', 'name: Café du Coin'), /for example "cafe-du-coin"/],
    ['an unknown plan', readFileSync(manifest, 'utf8').replace('plan: collective', 'plan: colective'), /did you mean "collective"\?/],
    ['an office suite the plan lacks', readFileSync(manifest, 'utf8').replace('plan: collective', 'plan: tiny'), /which offers no office suite/],
    ['a wrong kind', readFileSync(manifest, 'utf8').replace('kind: Space', 'kind: Spase'), /did you mean "Space"\?/],
    ['an empty file', '', /is empty/],
    ['a slug that is taken', readFileSync(manifest, 'utf8').replace('camille@', 'autre@'), /is taken/],
  ]

  test.each(cases)('%s', async (_name, text, expected) => {
    const file = join(state, 'bad.yaml')
    writeFileSync(file, text)
    const before = (await chaton('space', 'list', '--json')).stdout

    const { exitCode, stderr, stdout } = await chaton('provision', file)

    expect([2, 4]).toContain(exitCode)
    expect(stderr).toMatch(expected)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect(stdout).toBe('')
    expect((await chaton('space', 'list', '--json')).stdout).toBe(before)
  })

  test('a plan whose name nobody could type', async () => {
    const file = join(state, 'plan.yaml')
    writeFileSync(file, readFileSync('fixtures/plans/tiny.yaml', 'utf8').replace('name: tiny', 'name: Été à la plage'))

    const { exitCode, stderr } = await chaton('plan', 'apply', file)

    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/cannot name a plan: .*; for example "ete-a-la-plage"/)
  })

  test('a plan with a size without unit', async () => {
    const file = join(state, 'plan.yaml')
    writeFileSync(file, readFileSync('fixtures/plans/collective.yaml', 'utf8').replace('40 GB', '"40"'))

    const { exitCode, stderr } = await chaton('plan', 'apply', file)

    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/"40" has no unit; write "40 GB"/)
  })

  test.each([
    [['provizion'], /did you mean "provision"\?/],
    [['space', 'lst'], /did you mean "chaton space list"/],
    [['space', 'show', 'jardin-partag'], /did you mean "jardin-partage"/],
    [['space', 'delete', 'jardin-partage'], /--confirm jardin-partage/],
    [['provision', 'nulle/part.yaml'], /cannot read the manifest "nulle\/part.yaml"/],
    [['provision', manifest, '--engine', 'docker'], /"docker"/],
  ])('%j', async (args, expected) => {
    const { exitCode, stderr } = await chaton(...args)

    expect(exitCode).toBeGreaterThan(1)
    expect(stderr).toMatch(expected)
    expect(stderr).not.toMatch(/\n\s+at /)
  })
})

describe('the life of a space', () => {
  test('invite, list, disable and enable an account', async () => {
    const invited = await chaton('account', 'invite', 'jardin-partage', 'lou@jardin.example', '--name', 'Lou', '--json')
    expect(JSON.parse(invited.stdout)).toMatchObject({ userId: 'lou', link: expect.stringMatching(/^http/) })
    expect((await chaton('account', 'disable', 'jardin-partage', 'lou', '--dry-run')).stdout).toContain('Nothing was changed')
    expect((await chaton('account', 'disable', 'jardin-partage', 'lou')).exitCode).toBe(0)
    expect((await chaton('account', 'list', 'jardin-partage')).stdout).toMatch(/lou\s+Lou\s+lou@jardin.example\s+disabled/)
    expect((await chaton('account', 'enable', 'jardin-partage', 'lou')).exitCode).toBe(0)
    expect((await chaton('account', 'disable', 'jardin-partage', 'admin')).exitCode).toBe(9)
  })

  test('suspend and resume', async () => {
    const { status } = await provisioned()
    expect((await chaton('space', 'suspend', 'jardin-partage')).exitCode).toBe(0)
    expect((await fetch(status.url)).status).toBe(503)
    expect((await chaton('space', 'resume', 'jardin-partage')).exitCode).toBe(0)
    expect((await fetch(`${status.url}/status.php`)).status).toBe(200)
  })

  test('a larger plan in place; one too small is refused with the numbers', async () => {
    const { status, signIn } = await provisioned()
    const headers = { authorization: basic(signIn.user, signIn.password) }
    await fetch(`${status.url}/remote.php/dav/files/${signIn.user}/gros.bin`, { method: 'PUT', headers, body: new Uint8Array(60_000_000) })

    const larger = await chaton('space', 'plan', 'jardin-partage', 'collective-50', '--json')
    expect(JSON.parse(larger.stdout)).toMatchObject({ before: 'collective', after: 'collective-50' })
    const refused = await chaton('space', 'plan', 'jardin-partage', 'tiny')
    expect(refused.exitCode).toBe(7)
    expect(refused.stderr).toMatch(/uses 60(\.\d)? MB; the plan "tiny" has 50 MB/)
  })

  test('usage tells what fills it', async () => {
    const { stdout } = await chaton('space', 'usage', 'jardin-partage')

    expect(stdout).toMatch(/60(\.\d)? MB/)
    expect(stdout).toMatch(/admin/)
  })

  test('a plan that shrinks below what a space uses now is refused with the numbers, whatever was measured before', async () => {
    const { signIn, status } = await provisioned(manifest, '--plan', 'collective-50')
    const headers = { authorization: basic(signIn.user, signIn.password) }
    await fetch(`${status.url}/remote.php/dav/files/${signIn.user}/neuf.bin`, { method: 'PUT', headers, body: new Uint8Array(10_000_000) })
    const smaller = join(state, 'smaller.yaml')
    writeFileSync(smaller, readFileSync('fixtures/plans/collective-50.yaml', 'utf8').replace(/storage: .*/, 'storage: 65 MB'))

    const applied = await chaton('plan', 'apply', smaller)
    const provisionedSmaller = await chaton('provision', manifest, '--plan', 'person-5', '--office', 'collabora')

    expect(applied).toMatchObject({ exitCode: 7, stderr: expect.stringMatching(/jardin-partage uses 70(\.\d)? MB; the plan "collective-50" has 65 MB/) })
    expect(provisionedSmaller).toMatchObject({ exitCode: 7, stderr: expect.stringMatching(/has 2 accounts; the plan "person-5" allows 1/) })
    expect((await chaton('space', 'show', 'jardin-partage')).stdout).toMatch(/plan +collective-50/)
  })

  test('back up, delete, restore under another name: the file is there and the sign-in works', async () => {
    const { signIn } = await provisioned()
    const made = JSON.parse((await chaton('space', 'backup', 'jardin-partage', '--json')).stdout) as { backup: { directory: string } }
    expect((await chaton('space', 'backup', '--verify', made.backup.directory)).exitCode).toBe(0)

    const deleted = await chaton('space', 'delete', 'jardin-partage', '--confirm', 'jardin-partage')
    expect(deleted.stdout).toMatch(/kept until/)
    const restored = JSON.parse((await chaton('space', 'restore', made.backup.directory, '--as', 'jardin-bis', '--json')).stdout) as Provisioned

    const answer = await fetch(`${restored.status.url}/remote.php/dav/files/${signIn.user}/essai.txt`, { headers: { authorization: basic(signIn.user, signIn.password) } })
    expect(await answer.text()).toBe('bonjour')
  })

  test('a flipped byte in a backup is found and nothing is restored', async () => {
    const made = JSON.parse((await chaton('space', 'backup', 'jardin-bis', '--json')).stdout) as { backup: { directory: string } }
    const list = readFileSync(join(made.backup.directory, 'checksums.sha256'), 'utf8')
    const victim = join(made.backup.directory, /gros\.bin|[^ ]*essai\.txt/.exec(list)?.input.split('\n').find((line) => line.includes('essai.txt'))?.slice(66) ?? '')
    const bytes = readFileSync(victim)
    bytes[0] = (bytes[0] ?? 0) ^ 1
    writeFileSync(victim, bytes)

    const { exitCode, stderr } = await chaton('space', 'restore', made.backup.directory, '--as', 'jardin-ter')

    expect(exitCode).toBe(8)
    expect(stderr).toMatch(/changed: .*essai\.txt/)
    expect((await chaton('space', 'show', 'jardin-ter')).exitCode).toBe(3)
  })
})
