import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/kit/clock.ts'
import { silentLogger } from '../../src/kit/log.ts'
import type { KindTally, MoveContext, Side } from '../../src/move/contract.ts'
import { favourites } from '../../src/move/favourites.ts'
import { files } from '../../src/move/files/index.ts'
import { MoveJournal } from '../../src/move/journal.ts'
import { Pace } from '../../src/move/pace.ts'
import type { BulkPart } from '../../src/nextcloud/files/contract.ts'
import { streamOf } from '../../src/nextcloud/remote.ts'
import { propfind } from '../conformance/wire.ts'
import { lacks } from './support/machine.ts'
import { openTwoSpaces, type AccountForTest, type TwoSpaces } from './support/two-spaces.ts'

/** Between real servers. What arrived is compared by rclone, which reads every byte, and by listings of the test's own. */

const pairs = [
  ['28.0.2', '34.0.1'],
] as const

const megabyte = 1_000_000
const time = 1_500_000_000
const oddNames = [
  'ends in a blank ', '%41 percent.txt', 'hash # and plus +.txt', '😀 emoji.txt', 'é composed.txt', `quote"'.txt`, '<angle>.txt', 'admin', '0', `${'long-'.repeat(49)}.txt`, 'semi;colon:.txt', '~tilde', '.hidden',
]
const deep = Array.from({ length: 25 }, (_, depth) => `level ${depth}`)

async function put({ files: remote }: AccountForTest, path: string, content: string | Buffer, ctime?: number): Promise<void> {
  const bytes = Buffer.from(content)
  await remote.write(path, { stream: streamOf(bytes), length: bytes.length }, { over: 'new', mtime: time, ctime })
}

async function fill(source: AccountForTest): Promise<void> {
  const { files: remote } = source
  for (const folder of ['odd', 'empty folder', 'many', ...Array.from({ length: 20 }, (_, index) => `many/folder ${index}`), ...deep.map((_, depth) => deep.slice(0, depth + 1).join('/'))]) await remote.makeFolder(folder)
  for (const name of oddNames) await put(source, `odd/${name}`, `content of ${name}`)
  await put(source, [...deep, 'deep down.txt'].join('/'), 'deep')
  await put(source, 'zero.txt', '')
  await put(source, 'photo.jpg', 'photo', time - 1000)
  await put(source, 'taken.txt', 'of the old host')
  await put(source, 'same.txt', 'the same')
  await put(source, 'middle.bin', Buffer.alloc(3 * megabyte, 'middle '))
  const large = Buffer.alloc(120 * megabyte)
  for (let at = 0; at < large.length; at += 4096) large.writeUInt32LE(at, at)
  await put(source, 'large.bin', large)
  const parts = Array.from({ length: 240 }, (_, index): BulkPart => ({ path: `many/folder ${index % 20}/file ${index}.txt`, bytes: Buffer.from(`${index} `.repeat(1 + (index % 400))), mtime: time + index }))
  for (let at = 0; at < parts.length; at += 200) await remote.writeMany(parts.slice(at, at + 200))
  await remote.setFavourite('photo.jpg', true)
  await remote.setFavourite('many', true)
  for (const folder of ['empty folder', 'many/folder 3', 'many']) await remote.setTimes(folder, { mtime: time - 5000 })
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : 'folder')

/** Paths, sizes and times of an account as its server lists them. */
async function listing({ url, userId, password }: AccountForTest): Promise<Record<string, string>> {
  const base = `/remote.php/dav/files/${userId}/`
  const found = await propfind({ url, user: userId, password }, base, 'getlastmodified getcontentlength resourcetype', 'infinity')
  const told = found.map(({ href, props }) => [decodeURIComponent(href.slice(href.indexOf(base) + base.length)), `${textOf(props['getcontentlength'])} ${textOf(props['getlastmodified'])}`] as const)
  return Object.fromEntries(told.filter(([path]) => path !== ''))
}

/** Every byte of the source's files is at the destination too. */
function rcloneCheck({ source, destination }: TwoSpaces, ...flags: readonly string[]): { readonly status: number | null; readonly stderr: string } {
  const remote = (name: string, { url, userId, password }: AccountForTest): Record<string, string> => {
    const hidden = spawnSync('rclone', ['obscure', '-'], { input: password, encoding: 'utf8' }).stdout.trim()
    const settings = { TYPE: 'webdav', URL: `${url}/remote.php/dav/files/${userId}`, VENDOR: 'nextcloud', USER: userId, PASS: hidden }
    return Object.fromEntries(Object.entries(settings).map(([key, value]) => [`RCLONE_CONFIG_${name}_${key}`, value]))
  }
  const env = { PATH: process.env['PATH'], RCLONE_CONFIG: '/dev/null', ...remote('OLD', source), ...remote('NEW', destination) }
  return spawnSync('rclone', ['check', 'old:', 'new:', '--download', '--one-way', '--checkers', '4', ...flags], { env, encoding: 'utf8' })
}

class CountingPace extends Pace {
  asked = 0
  override async run<T>(work: () => Promise<T>): Promise<T> {
    this.asked += 1
    return await super.run(work)
  }
}

for (const [from, to] of pairs) {
  const missing = lacks({ release: from, postgresql: true, caddy: true }) ?? lacks({ release: to })
  describe.skipIf(missing !== undefined)(`move of files from Nextcloud ${from} to ${to}${missing === undefined ? '' : ` (this machine lacks ${missing})`}`, () => {
    let spaces: TwoSpaces
    let directory: string
    let journal: MoveJournal

    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'chaton-move-'))
      journal = new MoveJournal(join(directory, 'journal.sqlite'))
      spaces = await openTwoSpaces({ releases: [from, to], firstPort: 33_700 })
      await fill(spaces.source)
      await put(spaces.destination, 'taken.txt', 'of the new host')
      await put(spaces.destination, 'same.txt', 'the same')
      await spaces.destination.files.makeFolder('many')
      await put(spaces.destination, 'many/own.txt', 'own')
    }, 600_000)
    afterAll(async () => {
      journal[Symbol.dispose]()
      await spaces[Symbol.asyncDispose]()
      rmSync(directory, { recursive: true, force: true })
    })

    function context(): MoveContext {
      const { signal } = new AbortController()
      const side = ({ remote, files: own }: AccountForTest): Side => ({ remote, files: own, pace: new Pace({ clock: systemClock, manner: 'polite', signal }) })
      return { source: side(spaces.source), destination: side(spaces.destination), journal, clock: systemClock, logger: silentLogger, signal, progress: () => undefined }
    }
    const run = async (): Promise<KindTally> => await files.run(context())

    /** What the destination is to list, by what the source lists. */
    async function expected(): Promise<Record<string, string>> {
      const { 'taken.txt': taken = '', ...rest } = await listing(spaces.source)
      const there = await listing(spaces.destination)
      const own = Object.fromEntries(['taken.txt', 'same.txt', 'many/', 'many/own.txt'].map((path) => [path, there[path] ?? 'not there']))
      return { ...rest, 'taken (from 127.0.0.1).txt': taken, ...own }
    }

    test('everything arrives with its time, and nothing of the destination is touched', async () => {
      const tally = await run()

      expect(tally).toMatchObject({ refused: [], alreadyThere: 2, renamed: [{ what: 'taken.txt', as: 'taken (from 127.0.0.1).txt' }] })
      expect(await listing(spaces.destination)).toEqual(await expected())
      expect((await spaces.destination.files.stat('photo.jpg'))?.ctime).toBe(time - 1000)
      const { status, stderr } = rcloneCheck(spaces, '--exclude', '/taken.txt')
      expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
    })

    test('it verifies, and favourites follow', async () => {
      expect(await files.verify(context())).toMatchObject({ differing: [] })
      expect(await favourites.run(context())).toMatchObject({ moved: 2, refused: [] })
      expect([(await spaces.destination.files.stat('many'))?.favourite, (await spaces.destination.files.stat('photo.jpg'))?.favourite]).toEqual([true, true])
      expect(await favourites.verify(context())).toEqual({ checked: 2, differing: [] })
    })

    test('a second pass without changes asks two questions', async () => {
      const plain = context()
      const counting = new CountingPace({ clock: systemClock, manner: 'polite', signal: plain.signal })
      await files.run({ ...plain, source: { ...plain.source, pace: counting }, destination: { ...plain.destination, pace: counting } })
      expect(counting.asked).toBe(2)
    })

    test('changes, renames and deletions follow; what people changed at the destination stays', async () => {
      const { source, destination } = spaces
      const id = async (path: string): Promise<string | undefined> => (await destination.files.stat(path))?.fileId
      const [folderId, fileId] = [await id('many/folder 1'), await id('middle.bin')]
      await source.files.move('many/folder 1', 'many/folder one')
      await source.files.move('middle.bin', 'odd/middle moved.bin')
      await source.files.move('many/folder 2/file 2.txt', 'file two.txt')
      await drop(source, 'many/folder 4')
      await drop(source, 'many/folder 5/file 5.txt')
      await drop(source, 'many/folder 6/file 6.txt')
      await overwrite(source, 'many/folder 7/file 7.txt', 'seven, changed')
      await overwrite(source, 'many/folder 8/file 8.txt', 'eight, changed')
      await put(source, 'many/folder 9/new.txt', 'new')
      await overwrite(destination, 'many/folder 6/file 6.txt', 'six, of the new host')
      await overwrite(destination, 'many/folder 8/file 8.txt', 'eight, of the new host')

      const tally = await run()

      const there = await listing(destination)
      expect(tally.refused).toEqual([])
      expect([await id('many/folder one'), await id('odd/middle moved.bin')]).toEqual([folderId, fileId])
      expect(Object.keys(there).filter((path) => path.startsWith('many/folder 4/') || path.startsWith('many/folder 1/') || path === 'many/folder 5/file 5.txt')).toEqual([])
      expect(Object.keys(there)).toEqual(expect.arrayContaining(['many/folder 6/file 6.txt', 'many/folder 8/file 8.txt', 'many/folder 8/file 8 (from 127.0.0.1).txt', 'file two.txt', 'many/folder 9/new.txt']))
      const { status, stderr } = rcloneCheck(spaces, '--exclude', '/taken.txt', '--exclude', '/many/folder 8/file 8.txt', '--exclude', '/large.bin')
      expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
    })

    async function drop({ files: remote }: AccountForTest, path: string): Promise<void> {
      await remote.remove(path, (await remote.stat(path))?.etag ?? '')
    }
    async function overwrite({ files: remote }: AccountForTest, path: string, content: string): Promise<void> {
      const bytes = Buffer.from(content)
      await remote.write(path, { stream: streamOf(bytes), length: bytes.length }, { over: { etag: (await remote.stat(path))?.etag ?? '' }, mtime: time + 7 })
    }
  })
}
