import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { schemaFile, table } from '../../src/cli/table.ts'
import { infoXml, makeTree } from '../engine/host/releases/archives.ts'
import { someFirstPort } from '../support/cli.ts'
import { runMain, type Answered } from '../support/in-process.ts'

/** Every command, one after the other as in the life of a machine: what it prints with `--json` has the published schema. */

const reference = 'docs/reference'
const published = (file: string): z.ZodType => z.fromJSONSchema(JSON.parse(readFileSync(join(reference, file), 'utf8')) as Parameters<typeof z.fromJSONSchema>[0])
const root = mkdtempSync(join(tmpdir(), 'chaton-commands-'))
const state = join(root, 'state')
const environment = { CHATON_STATE_DIRECTORY: state, CHATON_RELEASES_DIRECTORY: join(root, 'releases'), CHATON_WEB_FIRST_PORT: someFirstPort() }
const chaton = async (...args: readonly string[]): Promise<Answered> => await runMain(args, environment, root)
const manifest = join(import.meta.dirname, '../../fixtures/spaces/jardin-partage.yaml')
const biggerPlan = join(root, 'plan.yaml')
const backup = join(root, 'backup')

interface Use {
  readonly path: string
  readonly args: readonly string[]
  readonly exitCode?: number
}

/** In an order in which each finds what it needs. */
const uses: readonly Use[] = [
  { path: 'init', args: ['--domain', 'collectifs.example.org', '--file', join(root, 'chaton.yaml')] },
  { path: 'provision', args: [manifest] },
  { path: 'space list', args: [] },
  { path: 'space show', args: ['jardin-partage'] },
  { path: 'space open', args: ['jardin-partage'] },
  { path: 'space suspend', args: ['jardin-partage'] },
  { path: 'space resume', args: ['jardin-partage'] },
  { path: 'space plan', args: ['jardin-partage', 'collective-50'] },
  { path: 'space usage', args: ['jardin-partage'] },
  { path: 'account invite', args: ['jardin-partage', 'lou@jardin.example'] },
  { path: 'account list', args: ['jardin-partage'] },
  { path: 'account disable', args: ['jardin-partage', 'lou'] },
  { path: 'account enable', args: ['jardin-partage', 'lou'] },
  { path: 'space backup', args: ['jardin-partage', '--into', backup] },
  { path: 'space restore', args: [backup, '--as', 'jardin-bis'] },
  { path: 'move space', args: ['jardin-partage', '--to', 'jardin-bis', '--only', 'files', '--invite'] },
  { path: 'space occ', args: ['jardin-partage', '--', 'status'], exitCode: 5 },
  { path: 'plan list', args: [] },
  { path: 'plan show', args: ['tiny'] },
  { path: 'plan apply', args: [biggerPlan] },
  { path: 'release add', args: [join(root, 'nextcloud')] },
  { path: 'release list', args: [] },
  { path: 'release remove', args: ['32.0.9'] },
  { path: 'app add', args: [join(root, 'calendar')] },
  { path: 'app list', args: [] },
  { path: 'serve', args: ['--once'] },
  { path: 'doctor', args: [] },
  { path: 'completion', args: ['bash'] },
  { path: 'space delete', args: ['jardin-partage', '--confirm', 'jardin-partage'] },
]

/** With the addresses and sign-ins of two spaces added where `signsIn`; what a move does is tried in test/e2e/move.test.ts. */
const moveUses: readonly (Use & { readonly signsIn?: 'both' | 'from' | 'to' })[] = [
  { path: 'move plan', args: ['--only', 'files'], signsIn: 'both' },
  { path: 'move run', args: ['--keep-open', '--only', 'files'], signsIn: 'both' },
  { path: 'move status', args: [] },
  { path: 'move delta', args: [] },
  { path: 'move verify', args: [] },
  { path: 'move report', args: [] },
  { path: 'move pause', args: [] },
  { path: 'move resume', args: [] },
  { path: 'move abort', args: [] },
  { path: 'move export', args: ['--output', join(root, 'account.nextcloud_export')], signsIn: 'from' },
  { path: 'move import', args: [join(root, 'account.nextcloud_export'), '--only', 'files'], signsIn: 'to' },
  { path: 'move', args: [], exitCode: 9 },
]

/** What a dry run may not change: names, sizes and contents of all files, but for what SQLite and locks do to be read. */
function everything(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/(-wal|-shm|\.lock(\.pid)?)$/.test(name) && statSync(join(directory, name)).isFile())
    .map((name) => `${name} ${createHash('sha256').update(readFileSync(join(directory, name))).digest('hex')}`)
    .toSorted()
}

beforeAll(async () => {
  await makeTree(join(root, 'nextcloud'), '32.0.9')
  writeFileSync(biggerPlan, readFileSync('fixtures/plans/collective-50.yaml', 'utf8').replace('50 GB\n', '60 GB\n'))
  await makeTree(join(root, 'calendar'), '1.0.0', { 'appinfo/info.xml': infoXml('calendar', '5.0.1') })
})

afterAll(async () => {
  for (const slug of ['jardin-partage', 'jardin-bis', 'ancien', 'nouveau']) await chaton('space', 'delete', slug, '--confirm', slug, '--no-backup')
  rmSync(root, { recursive: true, force: true })
})

test('the lists of this file have every command', () => {
  // It installs packages: tried with --dry-run only, further down.
  expect([...uses.map(({ path }) => path), ...moveUses.map(({ path }) => path), 'host setup'].toSorted()).toEqual(table.map(({ path }) => path).toSorted())
})

/** The lines of the second that the first lacks. */
const changed = (before: readonly string[], after: readonly string[]): string[] => after.filter((line) => !before.includes(line))
const harmless = { exitCode: 0, saysWhatItWouldDo: true, changed: [] }

async function dryRun(args: readonly string[]): Promise<typeof harmless | object> {
  await chaton('space', 'list')
  const before = everything(root)
  const { exitCode, stdout } = await chaton(...args)
  const after = everything(root)
  return { exitCode, saysWhatItWouldDo: /[Ww]ould /.test(stdout), changed: [...changed(before, after), ...changed(after, before)] }
}

describe.each(uses)('chaton $path', ({ path, args, exitCode: expected = 0 }) => {
  const entry = table.find((known) => known.path === path)
  const withFlags = (...flags: readonly string[]): string[] => [...path.split(' '), ...flags, ...args]

  test('--json prints one document in its published schema; --dry-run before it changes nothing', async () => {
    const looked = entry?.changes === true ? await dryRun(withFlags('--dry-run')) : harmless
    const { stdout, stderr, exitCode } = await chaton(...withFlags('--json', '--no-input'))

    expect(looked).toEqual(harmless)
    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: expected })
    expect(published(expected === 0 ? schemaFile({ path }) : 'schema/error.json').safeParse(JSON.parse(stdout)).error).toBeUndefined()
    for (const line of stderr.split('\n').filter((text) => text !== '')) expect(published('schema/progress.json').safeParse(JSON.parse(line)).error).toBeUndefined()
  })

  test('again, for people: lines without a stack; a sandbox says that it is one', async () => {
    const { stdout, stderr } = await chaton(...withFlags())

    expect(`${stdout}${stderr}`).not.toMatch(/\n\s+at |undefined|\[object|NaN/)
    expect(stdout === '' || entry?.ofSpaces !== true || stdout.startsWith('SANDBOX')).toBe(true)
  })
})

describe('chaton move', () => {
  const sides = { both: [] as string[], from: [] as string[], to: [] as string[] }

  beforeAll(async () => {
    for (const [flag, slug] of [['from', 'ancien'], ['to', 'nouveau']] as const) {
      const { stdout } = await chaton('provision', slug, '--title', slug, '--plan', 'tiny', '--owner-name', 'Lou', '--owner-email', `${slug}@jardin.example`, '--json')
      const { signIn } = JSON.parse(stdout) as { signIn: { url: string; user: string; password: string } }
      writeFileSync(join(root, `${flag}-password`), signIn.password)
      for (const side of [sides.both, sides[flag]]) side.push(`--${flag}`, signIn.url, `--${flag}-user`, signIn.user, `--${flag}-password-file`, join(root, `${flag}-password`))
    }
  })

  test.each(moveUses)('$path --json prints one document in its published schema', async ({ path, args, signsIn, exitCode: expected = 0 }) => {
    const { stdout, stderr, exitCode } = await chaton(...path.split(' '), ...args, ...(signsIn === undefined ? [] : sides[signsIn]), '--json', '--no-input')

    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: expected })
    expect(published(expected === 0 ? schemaFile({ path }) : 'schema/error.json').safeParse(JSON.parse(stdout)).error).toBeUndefined()
    for (const line of stderr.split('\n').filter((text) => text !== '')) expect(published('schema/move-progress.json').safeParse(JSON.parse(line)).error).toBeUndefined()
  })
})

test('the published schemas are of some use', () => {
  expect(published('schema/commands/space-list.json').safeParse({ spaces: [{}] }).success).toBe(false)
  expect(published('schema/commands/doctor.json').safeParse({ engine: 'host', ready: 'yes', findings: [] }).success).toBe(false)
  expect(published('schema/error.json').safeParse({ error: { code: 'oops' } }).success).toBe(false)
})

test('chaton host setup --dry-run shows commands and has its published schema', async () => {
  const { stdout, exitCode } = await chaton('host', 'setup', '--dry-run', '--json')

  const schema = published(exitCode === 0 ? schemaFile({ path: 'host setup' }) : 'schema/error.json')
  expect(schema.safeParse(JSON.parse(stdout)).error).toBeUndefined()
})

describe('failures with --json', () => {
  test.each([
    [['provizion', '--json'], 2],
    [['space', '--json'], 2],
    [['space', 'lst', '--json'], 2],
    [['space', 'show', '--json'], 2],
    [['space', 'show', 'a', 'b', '--json'], 2],
    [['space', 'list', '--jsno', '--json'], 2],
    [['--json', 'space', 'list'], 2],
    [['space', 'show', 'nope', '--json'], 3],
    [['plan', 'show', 'nope', '--json'], 3],
    [['provision', 'nope', '--json'], 3],
    [['provision', 'nope', '--title', 'x', '--json'], 2],
    [['provision', 'nope.yaml', '--json'], 2],
    [['space', 'delete', 'jardin-bis', '--json'], 9],
    [['space', 'list', '--engine', 'docker', '--json'], 2],
    [['space', 'list', '--state-directory', '/dev/null/x', '--json'], 5],
    [['release', 'remove', '1.2.3', '--dry-run', '--json'], 3],
    [['release', 'add', '/nowhere', '--dry-run', '--json'], 3],
    [['host', 'setup', '--domain', 'https://Example.org/', '--dry-run', '--json'], 2],
  ])('%j', async (args, expected) => {
    const { exitCode, stdout } = await chaton(...args)

    expect(exitCode).toBe(expected)
    expect(published('schema/error.json').safeParse(JSON.parse(stdout)).error).toBeUndefined()
    expect(JSON.parse(stdout)).toMatchObject({ error: { exitCode: expected } })
  })
})

describe('chaton init', () => {
  const file = join(root, 'init.yaml')
  const password = join(root, 'password')

  test('with nothing but a password stores it and writes no settings', async () => {
    writeFileSync(password, 'Mot-de-passe-du-courrier\n')

    const { stdout, exitCode } = await chaton('init', '--mail-password-file', password, '--json')

    expect({ exitCode, result: JSON.parse(stdout) as unknown }).toEqual({ exitCode: 0, result: { action: 'untouched', mailPassword: 'stored', dryRun: false } })
    expect(readdirSync(process.cwd())).not.toContain('chaton.yaml')
  })

  test('writes only what was said, keeps the same, refuses another', async () => {
    expect(JSON.parse((await chaton('init', '--file', file, '--domain', 'a.example', '--mail-url', 'smtp://m.example', '--json')).stdout)).toMatchObject({ action: 'written', mailPassword: 'none' })
    expect(readFileSync(file, 'utf8')).toMatch(/^# .*\ndomain: a\.example\nmail:\n {2}url: smtp:\/\/m\.example\n$/)
    expect(JSON.parse((await chaton('init', '--file', file, '--domain', 'a.example', '--mail-url', 'smtp://m.example', '--json')).stdout)).toMatchObject({ action: 'kept' })
    expect(await chaton('init', '--file', file, '--domain', 'b.example')).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('never overwritten') })
  })

  test('does not write settings that would be refused', async () => {
    const { exitCode, stderr } = await chaton('init', '--file', join(root, 'bad.yaml'), '--domain', 'https://b.example', '--mail-url', 'm.example')

    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/domain: .*for example b\.example\n.*mail\.url: "m\.example": expected an address such as/)
    expect(readdirSync(root)).not.toContain('bad.yaml')
  })
})
