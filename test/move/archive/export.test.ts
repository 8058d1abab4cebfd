import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SpaceTarget } from '../../../src/engine/contract.ts'
import { ChatonError } from '../../../src/kit/errors.ts'
import { HttpClient } from '../../../src/kit/http-stream.ts'
import { systemClock } from '../../../src/kit/clock.ts'
import { silentLogger } from '../../../src/kit/log.ts'
import { allKinds } from '../../../src/move/all-kinds.ts'
import { addressOfArchive } from '../../../src/move/archive/address.ts'
import { exportAccount, tryExport, type ExportResult } from '../../../src/move/archive/export/export.ts'
import type { ExportWish } from '../../../src/move/archive/export/session.ts'
import { openArchive } from '../../../src/move/archive/source/archive.ts'
import { withArchives } from '../../../src/move/archive/source/hosts.ts'
import { openZip } from '../../../src/move/archive/zip/reader.ts'
import type { MoveEvent } from '../../../src/move/events.ts'
import { MoveJournal } from '../../../src/move/journal.ts'
import { Moves } from '../../../src/move/moves.ts'
import { nextcloudHosts } from '../../../src/move/nextcloud-hosts.ts'
import { deltaMove, runMove } from '../../../src/move/run.ts'
import type { MoveServices } from '../../../src/move/services.ts'
import { provision } from '../../conformance/engine-steps.ts'
import { agendaOf, makeFolder, remove, treeOf, write, writeAgenda, type Person } from '../../e2e/support/moving.ts'
import { sandboxForTest } from '../../engine/sandbox/setup.ts'
import { memorySecrets } from '../../real/support/memory-secrets.ts'

/** An account of a sandbox becomes an archive, and an archive an account. */

const work = mkdtempSync(join(tmpdir(), 'chaton-export-'))
const http = new HttpClient()
let sandbox: Awaited<ReturnType<typeof sandboxForTest>>
let old: Person
let output: string
let services: MoveServices
let turn = 0
const targets: SpaceTarget[] = []

async function person(): Promise<Person> {
  const target = sandbox.newTarget({ poolBytes: 1e9 })
  targets.push(target)
  await provision(sandbox.engine, target)
  const { userId, password } = await sandbox.engine.createAppPassword(target, target.administrator, 'test')
  return { url: sandbox.engine.address(target).url, user: userId, password, headers: { authorization: `Basic ${Buffer.from(`${userId}:${password}`).toString('base64')}` } }
}

beforeAll(async () => {
  sandbox = await sandboxForTest()
  old = await person()
  await makeFolder(old, 'Été')
  await makeFolder(old, 'Été/vide')
  await write(old, 'Été/plage & mer.txt', 'le sable', 1_600_000_001)
  for (let index = 0; index < 30; index++) await write(old, `Été/note ${index}.txt`, `note ${index}`, 1_600_000_000 + index)
  await write(old, 'large.bin', 'large '.repeat(800_000), 1_500_000_001)
  await writeAgenda(old)
})
afterAll(async () => {
  http[Symbol.dispose]()
  for (const target of targets) await sandbox.engine.remove(target)
  rmSync(sandbox.directory, { recursive: true, force: true })
  rmSync(work, { recursive: true, force: true })
})
beforeEach(() => {
  turn += 1
  output = join(work, `${turn}.nextcloud_export`)
  const hosts = withArchives(nextcloudHosts({ http, clock: systemClock, agent: 'test' }))
  services = { moves: new Moves(join(work, `moves-${turn}`)), hosts, kinds: allKinds, secrets: memorySecrets(), clock: systemClock, logger: silentLogger }
})

const byPassword = ({ user, password }: Person) => ({ by: 'app-password' as const, name: user, password: async () => await Promise.resolve(password) })
const wish = (more: Partial<ExportWish> = {}): ExportWish => ({ from: old.url, output, folder: work, signIn: byPassword(old), manner: undefined, allowPlainHttp: true, ...more })
const quiet = { report: () => undefined, signal: new AbortController().signal }
const exported = async (more: Partial<ExportWish> = {}): Promise<ExportResult> => await exportAccount(services, wish(more), quiet)

/** Stops the export after so many files. */
function stoppingAfter(files: number): { readonly report: (event: MoveEvent) => void; readonly signal: AbortSignal } {
  const stopper = new AbortController()
  return {
    signal: stopper.signal,
    report: (event) => {
      if (event.event === 'progress' && event.kind === 'files' && event.done >= files) stopper.abort(new ChatonError('interrupted', 'stopped by the test'))
    },
  }
}

describe('chaton move export', () => {
  test('writes all that there is, with a manifest of it', async () => {
    const result = await exported()
    const { zip, manifest, account } = await openArchive(output)

    expect(result).toMatchObject({ file: output, bytes: statSync(output).size, signedOut: 'own' })
    expect(result.kinds).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'files', count: 34 })]))
    expect([...zip.entries.keys()]).toEqual(expect.arrayContaining(['user.json', 'settings.json', 'versions.json', 'migrator_versions.json', 'files/files/', 'files/files/Été/vide/', 'files/tags.json', 'files/systemtags.json', 'files/comments.json', 'settings/account.json', 'settings/config.json', 'chaton/manifest.jsonl']))
    expect(account.uid).toBe(old.user)
    expect(manifest?.lines.get('files/files/large.bin')).toMatchObject({ mtime: 1_500_000_001, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(manifest?.head.source).toMatchObject({ account: old.user })
  })

  test('with --dry-run says what it would write, and leaves nothing', async () => {
    expect((await tryExport(services, wish(), quiet)).kinds).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'files', count: 34 })]))
    expect(await services.moves.ids()).toEqual([])
    expect(() => statSync(output)).toThrow('ENOENT')
  })

  test('stopped in the middle goes on: what was written is not written again, and the archive is as if it had not been stopped', async () => {
    await expect(exportAccount(services, wish(), stoppingAfter(3))).rejects.toMatchObject({ code: 'interrupted', next: [expect.stringMatching(/^chaton move export .* goes on from here$/), expect.any(String)] })
    const [id = ''] = await services.moves.unfinished()
    const end = endOf(await archiveEnd(id))
    const before = readFileSync(`${output}.part`).subarray(0, end)
    expect(end).toBeGreaterThan(0)
    await exported({ from: undefined, output: undefined })
    const whole = readFileSync(output)

    expect(whole.subarray(0, end).equals(before)).toBe(true)
    expect([...(await openZip(output)).entries.keys()].filter((name) => name.startsWith('files/files/'))).toHaveLength(35)
    expect(await services.moves.unfinished()).toEqual([])
  })

  test('goes on without what was in the middle of being written, and anew where its file was taken away', async () => {
    await expect(exportAccount(services, wish(), stoppingAfter(3))).rejects.toThrow('stopped')
    const [id = ''] = await services.moves.unfinished()
    const end = endOf(await archiveEnd(id))
    writeFileSync(`${output}.part`, Buffer.concat([readFileSync(`${output}.part`).subarray(0, end), Buffer.alloc(5000, 'x')]))
    await expect(exportAccount(services, wish(), stoppingAfter(20))).rejects.toThrow('stopped')
    truncateSync(`${output}.part`, 10)
    await exported()

    expect((await openArchive(output)).manifest?.lines.size).toBeGreaterThan(40)
    expect(readFileSync(output).includes('xxxxx')).toBe(false)
  })

  test('brings the file as it is now where it changed before the archive was done', async () => {
    await write(old, 'changing.txt', 'before', 1_600_000_000)
    await expect(exportAccount(services, wish(), stoppingAfter(30))).rejects.toThrow('stopped')
    await write(old, 'changing.txt', 'afterwards', 1_600_000_100)
    await exported()

    expect(await (await openArchive(output)).text('files/files/changing.txt')).toBe('afterwards')
  })

  test('a large file that was cut goes on in its middle, and is the same', async () => {
    const large = 'pas à pas '.repeat(15_000_000)
    await write(old, 'zz large.bin', large, 1_500_000_000)
    const stopper = new AbortController()
    let noted = 0
    const look = setInterval(() => {
      const moves = join(work, `moves-${turn}`)
      const [id] = existsSync(moves) ? readdirSync(moves) : []
      using journal = id === undefined ? undefined : new MoveJournal(join(moves, id, 'journal.db'))
      noted = (JSON.parse(journal?.fact('archive.open') || '{"bytes":0}') as { bytes: number }).bytes
      if (noted > 0) stopper.abort(new ChatonError('interrupted', 'stopped by the test'))
    }, 20)
    await expect(exportAccount(services, wish(), { report: () => undefined, signal: stopper.signal })).rejects.toThrow('stopped')
    clearInterval(look)
    expect(noted).toBeGreaterThanOrEqual(64 * 2 ** 20)
    const notes: unknown[] = []
    await exportAccount(services, wish(), { ...quiet, report: (event) => void notes.push(event.event === 'progress' ? event.note : undefined) })
    const { zip } = await openArchive(output)
    const entry = zip.entries.get('files/files/zz large.bin')

    expect(notes).toContainEqual(expect.stringMatching(/^going on in "zz large\.bin" after \d+/))
    expect(entry === undefined ? '' : createHash('sha256').update(await buffer(zip.read(entry))).digest('hex')).toBe(createHash('sha256').update(large).digest('hex'))
    await remove(old, 'zz large.bin')
  }, 60_000)

  test('writes over nothing', async () => {
    writeFileSync(output, 'mine')

    await expect(exported()).rejects.toMatchObject({ code: 'conflict', next: ['name another file with --output, or move that one away'] })
    expect(readFileSync(output, 'utf8')).toBe('mine')
    expect(await services.moves.ids()).toEqual([])
  })

  test('is not what a command means that names no move', async () => {
    await exported()
    await expect(services.moves.openLatest()).rejects.toMatchObject({ code: 'not-found', message: 'no move is under way' })
    using move = await services.moves.create(systemClock)
    await expect(exportAccount(services, wish({ output: `${output}-2` }), stoppingAfter(3))).rejects.toThrow('stopped')
    using latest = await services.moves.openLatest()

    expect(latest.id).toBe(move.id)
  })

  test('cannot be gone on with as a move', async () => {
    await expect(exportAccount(services, wish(), stoppingAfter(3))).rejects.toThrow('stopped')

    await expect(runMove(services, { signIn: { source: byPassword(old), destination: byPassword(old) }, options: {} }, { conduct: quiet, options: { keepOpen: false, acceptShrink: false } })).rejects.toThrow('is an export into an archive, not a move')
  })
})

const archiveEnd = async (id: string): Promise<string | undefined> => {
  using move = await services.moves.open(id)
  return move.journal.fact('archive.end')
}
const endOf = (fact: string | undefined): number => Number(fact ?? 0)

describe('chaton move import', () => {
  const carry = async (path: string, to: Person) =>
    await runMove(services, { from: addressOfArchive(path), to: to.url, signIn: { source: { by: 'login-flow' }, destination: byPassword(to) }, options: { allowPlainHttp: true } }, { conduct: quiet, options: { keepOpen: false, acceptShrink: false } })

  test('carries an archive into another account, with exact times, and checks it', async () => {
    await exported()
    const other = await person()
    const result = await carry(output, other)

    expect(result).toMatchObject({ phase: 'done', whole: true, signedOut: { source: 'none', destination: 'own' } })
    expect(await treeOf(other)).toEqual(await treeOf(old))
    expect(await agendaOf(other)).toEqual(await agendaOf(old))
  })

  test('into the account it was made of: everything is there already', async () => {
    await exported()
    const { report } = await carry(output, old)

    expect(report.kinds.filter(({ name, moved }) => ['files', 'calendars', 'contacts'].includes(name) && moved > 0)).toEqual([])
    expect(report.kinds.flatMap(({ refused, renamed }) => [...refused, ...renamed])).toEqual([])
  })

  test('keeps what is there: the other content goes beside it, named after the old host', async () => {
    await exported()
    const other = await person()
    await write(other, 'large.bin', 'of the new account', 1_600_000_000)
    await carry(output, other)

    expect(Object.keys(await treeOf(other))).toEqual(expect.arrayContaining(['large.bin', expect.stringMatching(/^large \(from [\w.-]+\)\.bin$/)]))
  })

  const refusedIn = ({ report }: Awaited<ReturnType<typeof carry>>) => report.kinds.flatMap(({ refused }) => refused.map(({ what, reason }) => [what, reason]))

  function damage(text: string): void {
    const bytes = readFileSync(output)
    bytes.write('#', bytes.indexOf(text))
    writeFileSync(output, bytes)
  }

  test('a file that was damaged in the archive is refused by name, and all others arrive', async () => {
    await exported()
    damage('le sable')
    damage('large large')
    const other = await person()
    const result = await carry(output, other)
    const { 'large.bin': _large, 'Été/plage & mer.txt': _beach, ...good } = await treeOf(old)

    expect(refusedIn(result)).toEqual(expect.arrayContaining([['large.bin', expect.stringMatching(/^"files\/files\/large\.bin" is damaged in the archive: /)], ['Été/plage & mer.txt', expect.stringMatching(/is damaged in the archive: its checksum is another$/)]]))
    expect(await treeOf(other)).toEqual(good)
    expect(result.report.kinds.filter(({ state }) => state === 'failed')).toEqual([])
  })

  test('a calendar that was damaged in the archive is told by name, and its neighbours arrive', async () => {
    await exported()
    damage('BEGIN:VEVENT')
    const other = await person()
    const result = await carry(output, other)

    expect(refusedIn(result)).toContainEqual(['Le jardin', expect.stringMatching(/^"dav\/calendars\/jardin\.ics" is damaged in the archive: /)])
    expect(result.report.kinds.filter(({ state }) => state === 'failed')).toEqual([])
    expect((await treeOf(other))['large.bin']).toBeDefined()
  })

  test('a calendar that is damaged after it has moved stays at the new host', async () => {
    await exported()
    const other = await person()
    const { move } = await carry(output, other)
    damage('BEGIN:VEVENT')
    services = { ...services, hosts: withArchives(nextcloudHosts({ http, clock: systemClock, agent: 'test' })) }
    const { report } = await deltaMove(services, { id: move, signIn: { source: { by: 'login-flow' }, destination: byPassword(other) }, options: {} }, { conduct: quiet, options: { acceptShrink: false } })

    expect(report.kinds.filter(({ state }) => state === 'failed').map(({ name }) => name)).toEqual(['calendars'])
    expect(await agendaOf(other)).toEqual(await agendaOf(old))
  })
})
