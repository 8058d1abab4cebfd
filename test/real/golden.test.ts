import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toPhp } from '../../src/engine/host/config-php.ts'
import type { HostSpace } from '../../src/engine/host/names.ts'
import { writeConfig } from '../../src/engine/host/space-config.ts'
import type { Clock } from '../../src/kit/clock.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { lacks, wantedReleases } from './support/machine.ts'
import { openLab, type Lab } from './support/host.ts'

/** All rows of all tables, each row as `table: {json}`. */
async function rowsOf(lab: Lab, space: HostSpace): Promise<Set<string>> {
  const { databases } = lab.engine.parts
  const sqlite = databases.kind === 'sqlite'
  const list = sqlite
    ? `SELECT tables.name, columns.name FROM sqlite_master tables JOIN pragma_table_info(tables.name) columns WHERE tables.type = 'table'`
    : `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'`
  const columns = new Map<string, string[]>()
  for (const [table, column] of await databases.query(space, list)) columns.set(table!, [...(columns.get(table!) ?? []), column!])
  const json = (names: readonly string[]): string => (sqlite ? `json_object(${names.map((name) => `'${name}', quote("${name}")`).join(', ')})` : 'row_to_json(one)::text')
  // One question for all tables: each costs the start of a program.
  const everything = [...columns].map(([table, names]) => `SELECT '${table}: ' || ${json(names)} FROM "${table}" one`).join(' UNION ALL ')
  return new Set((await databases.query(space, everything)).map(([row]) => row!))
}

/** Files below a directory with their content. */
async function filesOf(directory: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    found.set(path.slice(directory.length), entry.isFile() ? await readFile(path, 'latin1') : '(directory)')
  }
  return found
}

const only = (ours: ReadonlySet<string>, theirs: ReadonlySet<string>): string[] => [...ours].filter((row) => !theirs.has(row)).toSorted()

/** Shapes of what belongs to one instance: hashes of passwords, keys, encrypted values (OC\Security\Crypto), instance ids. */
const personal = /\$argon2|\$2[aby]\$|-----BEGIN|[0-9a-f]{32,}\|[0-9a-f]{16,}\||\boc[a-z0-9]{10}\b/

const wanted = [...wantedReleases.map((release) => ({ release, kind: 'postgresql' as const })), { release: '32.0.1', kind: 'sqlite' as const }]

const cases = wanted.map((one) => ({ ...one, missing: lacks({ release: one.release, postgresql: one.kind === 'postgresql' }) }))
const named = cases.map((one) => ({ ...one, title: `clones of the golden space of ${one.release} on ${one.kind}${one.missing === undefined ? '' : ` (this machine lacks ${one.missing})`}` }))

describe.each(named)('$title', ({ release, kind, missing }) => {
  let lab: Lab
  let one: HostSpace
  let two: HostSpace
  let rows: { readonly one: Set<string>; readonly two: Set<string> }
  let seconds = 1_700_000_000
  const clock: Clock = { now: () => new Date(seconds++ * 1000), sleep: (milliseconds) => systemClock.sleep(milliseconds) }

  async function clone(): Promise<HostSpace> {
    const target = lab.target({ release, slug: `clone-${seconds}` })
    await lab.engine.ensureDatabase(target)
    await lab.engine.ensureVolume(target)
    const space = (await lab.engine.parts.spaces.find(target))!
    await writeConfig(lab.engine.parts, space)
    return space
  }

  beforeAll(async () => {
    if (missing !== undefined) return
    lab = await openLab({ databaseKind: kind, redis: 'off' }, { clock })
    one = await clone()
    two = await clone()
    rows = { one: await rowsOf(lab, one), two: await rowsOf(lab, two) }
  })
  afterAll(async () => await lab?.[Symbol.asyncDispose]())

  it.skipIf(missing !== undefined)('differ in the dates of install and in nothing else of the database', () => {
    expect(rows.one.size).toBeGreaterThan(300)
    const ours = only(rows.one, rows.two)
    const theirs = only(rows.two, rows.one)
    for (const side of [ours, theirs]) {
      expect(side.map((row) => /"configkey": ?"'?(\w+)/.exec(row)?.[1])).toEqual(['installedat', 'lastupdatedat'])
      expect(side.every((row) => row.startsWith('oc_appconfig: ') && row.includes('17000000'))).toBe(true)
    }
  })

  it.skipIf(missing !== undefined)('hold nothing that belongs to one instance', () => {
    expect([...rows.one].filter((row) => personal.test(row))).toEqual([])
    expect([...rows.one].filter((row) => /^oc_(?:users|accounts|preferences|authtoken|storages|filecache|mounts|cards|addressbookchanges|circles_\w+): /.test(row))).toEqual([])
  })

  it.skipIf(missing !== undefined)('hold no secret, name or path of the golden space', async () => {
    const secrets = [...lab.secrets.seen].filter(([name]) => name.startsWith('space/ch-golden-')).map(([, value]) => value)
    expect(secrets).toHaveLength(kind === 'sqlite' ? 3 : 4)
    const everything = [...rows.one, ...rows.two, ...(await filesOf(one.data)).values(), ...(await filesOf(one.paths.config)).values()].join('\n')
    for (const value of [...secrets, 'ch-golden-', join(lab.config.stateDirectory, 'golden')]) expect(everything.includes(value)).toBe(false)
  })

  it.skipIf(missing !== undefined)('start with the same few files, owned by each space', async () => {
    const [ours, theirs] = [await filesOf(one.data), await filesOf(two.data)]
    expect(ours).toEqual(theirs)
    expect([...ours.keys()].toSorted()).toEqual(['/.htaccess', release.startsWith('2') ? '/.ocdata' : '/.ncdata', '/index.html'].toSorted())
  })

  it.skipIf(missing !== undefined)('have a config.php that shares no identity', async () => {
    const read = async (space: HostSpace): Promise<string[]> => (await readFile(join(space.paths.config, 'config.php'), 'utf8')).split('\n')
    const [ours, theirs] = [await read(one), await read(two)]
    const differing = ours.flatMap((line, index) => (line === theirs[index] ? [] : [/'([\w.]+)' => /.exec(line)?.[1] ?? line.trim()]))
    const identity = ['instanceid', 'passwordsalt', 'secret', 'datadirectory', 'tempdirectory', 'dbname', 'overwrite.cli.url', 'logfile', 'path']
    const own = kind === 'sqlite' ? [] : ['dbuser', 'dbpassword']
    expect(differing).toEqual(expect.arrayContaining([...identity, ...own]))
    expect(ours.length).toBe(theirs.length)
    for (const value of [one.names.id, two.names.id].map((id) => toPhp(id).slice(1, -1))) expect([ours, theirs].filter((lines) => lines.join('\n').includes(value))).toHaveLength(1)
  })

  it.skipIf(missing !== undefined)('still share no secret once each has its administrator', async () => {
    for (const space of [one, two]) await lab.engine.ensureAdministrator(space.target)
    const now = { one: await rowsOf(lab, one), two: await rowsOf(lab, two) }
    const words = (all: ReadonlySet<string>, before: ReadonlySet<string>): Set<string> =>
      new Set(only(all, before).flatMap((row) => row.match(/[\w+/$=.-]{24,}/g) ?? []).filter((word) => /\d/.test(word) && /[A-Z]/.test(word) && /[a-z]/.test(word)))
    const [ours, theirs] = [words(now.one, rows.one), words(now.two, rows.two)]
    expect(ours.size).toBeGreaterThan(0)
    expect([...ours].filter((word) => theirs.has(word) && !/^(?:OC|OCA|OCP)/.test(word))).toEqual([])
  })

  it.skipIf(missing !== undefined)('cannot be finished with another release', async () => {
    const finishing = lab.engine.ensureDatabase({ ...one.target, release: '31.0.0' })
    await expect(finishing).rejects.toMatchObject({ code: 'conflict', message: `the space "${one.target.slug}" was begun with Nextcloud ${release} and cannot be finished with 31.0.0` })
  })

  it.skipIf(missing !== undefined)('would be told apart by one planted row', async () => {
    const { databases } = lab.engine.parts
    const before = await rowsOf(lab, one)
    await databases.query(one, `INSERT INTO oc_appconfig (appid, configkey, configvalue) VALUES ('planted', 'key', 'x')`)
    expect(only(await rowsOf(lab, one), before)).toHaveLength(1)
  })
})
