import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, describe, expect, test } from 'vitest'
import { dosTime, fromDosTime } from '../../../src/move/archive/zip/format.ts'
import { openZip, zipLimits } from '../../../src/move/archive/zip/reader.ts'
import { ZipWriter, type WrittenEntry } from '../../../src/move/archive/zip/writer.ts'
import { rawZip, type RawZipEntry } from './raw-zip.ts'

const work = mkdtempSync(join(tmpdir(), 'chaton-zip-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

const lacks = (program: string): boolean => spawnSync(program, ['-v']).status === null

function seenByPython(path: string): string {
  const script = 'import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); print([(i.filename, i.file_size) for i in z.infolist()], z.read("behind it"))'
  const { status, stdout, stderr } = spawnSync('python3', ['-c', script, path], { encoding: 'utf8' })
  return status === null ? 'no python3' : (stdout + stderr).trim()
}

async function written(name: string, add: (writer: ZipWriter) => AsyncGenerator<WrittenEntry>): Promise<string> {
  const path = join(work, name)
  const file = await open(path, 'w+')
  const writer = new ZipWriter(file, 0)
  const entries: WrittenEntry[] = []
  for await (const entry of add(writer)) entries.push(entry)
  expect(await writer.finish(entries)).toBe(statSync(path).size)
  await file.close()
  return path
}

async function* once(...chunks: readonly string[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk))
}

const simple = async (name: string): Promise<string> =>
  await written(name, async function* (writer) {
    yield await writer.add({ name: 'files/files/Été/', mtime: 1_600_000_001 }, Buffer.alloc(0))
    yield await writer.add({ name: 'files/files/Été/crème & sel.txt', mtime: 1_500_000_001 }, Buffer.from('un peu'))
    yield await writer.addStream({ name: 'files/files/zéro', size: 0, mtime: 10 }, once())
    yield await writer.addStream({ name: 'files/files/in pieces', size: 12, mtime: 5_000_000_000 }, once('one ', 'two ', 'four'))
  })

describe('an archive of ours', () => {
  test('is read again: names, exact times, contents', async () => {
    const { entries, read } = await openZip(await simple('again.zip'))
    const contents = await Promise.all([...entries.values()].map(async (entry) => [entry.name, entry.mtime, (await buffer(read(entry))).toString()]))

    expect(contents).toEqual([
      ['files/files/Été/', 1_600_000_001, ''],
      ['files/files/Été/crème & sel.txt', 1_500_000_001, 'un peu'],
      ['files/files/zéro', 10, ''],
      ['files/files/in pieces', 4_354_819_198, 'one two four'],
    ])
  })

  test.skipIf(lacks('unzip'))('is whole for unzip', async () => {
    expect(spawnSync('unzip', ['-tq', await simple('unzip.zip')], { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: expect.stringContaining('No errors') })
  })

  test('parts of a content are read by themselves', async () => {
    const { entries, read } = await openZip(await simple('parts.zip'))
    const entry = entries.get('files/files/in pieces')

    expect(entry === undefined ? '' : (await buffer(read(entry, { from: 4, to: 7 }))).toString()).toBe('two')
  })

  test('what breaks off is written over, and the archive is cut to its end', async () => {
    const path = await written('broken.zip', async function* (writer) {
      yield await writer.add({ name: 'a', mtime: 0 }, Buffer.from('a'))
      await expect(writer.addStream({ name: 'b', size: 9, mtime: 0 }, once('a content of another length than was said'))).rejects.toThrow('has 41 bytes instead of 9')
      yield await writer.add({ name: 'c', mtime: 0 }, Buffer.from('c'))
    })

    expect([...(await openZip(path)).entries.keys()]).toEqual(['a', 'c'])
    expect(readFileSync(path, 'latin1')).not.toContain('another length')
  })

  test('an entry, and all of it, beyond 4 GiB: the second entry and the directory are told in zip64', async () => {
    const size = 2 ** 32 + 5
    const holes = join(work, 'large.zip')
    const file = await open(holes, 'w+')
    // A sparse file: the content is of zeros that are not on disk.
    const sparse = { write: async (bytes: Uint8Array, from: number, length: number, at: number) => (bytes.length < 1000 ? await file.write(bytes, from, length, at) : { bytesWritten: length }), truncate: async (at: number) => await file.truncate(at), sync: async () => await Promise.resolve() }
    const writer = new ZipWriter(sparse as unknown as ConstructorParameters<typeof ZipWriter>[0], 0)
    const zeros = Buffer.alloc(64 * 2 ** 20)
    const large = await writer.addStream({ name: 'large', size, mtime: 0 }, (async function* () {
      for (let left = size; left > 0; left -= zeros.length - 3) yield await Promise.resolve(zeros.subarray(0, Math.min(left, zeros.length - 3)))
    })())
    const small = await writer.add({ name: 'behind it', mtime: 0 }, Buffer.from('here'))
    await writer.finish([large, small])
    await file.close()
    const { entries, read } = await openZip(holes)
    const behind = entries.get('behind it')

    expect(entries.get('large')?.size).toBe(size)
    expect(behind?.offset).toBeGreaterThan(2 ** 32)
    expect(behind === undefined ? '' : (await buffer(read(behind))).toString()).toBe('here')
    expect(seenByPython(holes)).toMatch(new RegExp(`^\\[\\('large', ${size}\\), \\('behind it', 4\\)\\] b'here'$|^no python3$`))
  }, 60_000)

  test('more than 65,535 entries', async () => {
    const path = await written('many.zip', async function* (writer) {
      for (let index = 0; index < 65_600; index++) yield await writer.add({ name: `files/files/${index}`, mtime: index }, Buffer.alloc(0))
    })

    expect((await openZip(path)).entries.size).toBe(65_600)
  }, 60_000)

  test('a content that was damaged on disk fails before its end', async () => {
    const path = await simple('damaged.zip')
    const bytes = readFileSync(path)
    bytes.write('uN', bytes.indexOf('un peu'))
    writeFileSync(path, bytes)
    const { entries, read } = await openZip(path)
    const entry = entries.get('files/files/Été/crème & sel.txt')

    await expect(entry === undefined ? 'no entry' : buffer(read(entry))).rejects.toThrow('is damaged in the archive')
  })
})

test('times of MS-DOS go there and back, in steps of two seconds', () => {
  const { date, time } = dosTime(1_700_000_001)

  expect(fromDosTime(date, time)).toBe(1_700_000_000)
  expect(fromDosTime(0, 0)).toBe(0)
})

const good: RawZipEntry = { name: 'files/files/good.txt', content: 'good' }
const cases: readonly (readonly [what: string, entries: readonly RawZipEntry[], reason: RegExp])[] = [
  ['leads out', [good, { name: 'files/files/../../../etc/passwd' }], /leads out of the archive/],
  ['is an absolute path', [{ name: '/etc/passwd' }], /an absolute path/],
  ['has a drive letter', [{ name: 'C:/Windows/x' }], /a drive letter/],
  ['has a backslash', [{ name: String.raw`files\files\..\x` }], /a backslash/],
  ['has a NUL', [{ name: 'files/files/a.txt\0.exe' }], /a NUL/],
  ['has an empty part', [{ name: 'files//files/a' }], /an empty part/],
  ['has "." as a part', [{ name: 'files/./files/a' }], /an empty part, or "\."/],
  ['is empty', [{ name: '' }], /without a name/],
  ['is far too long', [{ name: `files/files/${'x/'.repeat(9000)}a` }], /longer than 16384 bytes/],
  ['is not UTF-8', [{ name: Buffer.from([0x66, 0xff, 0xfe]) }], /not UTF-8/],
  ['is there twice', [good, { ...good, content: 'other' }], /in it twice/],
  ['is there twice, in two Unicode forms', [{ name: 'files/files/\u00e9' }, { name: 'files/files/e\u0301' }], /in it twice/],
  ['is a file and a folder', [{ name: 'files/files/a' }, { name: 'files/files/a/' }], /in it twice/],
  ['is a file with entries below it', [{ name: 'files/files/a' }, { name: 'files/files/a/b' }], /has entries below it/],
  ['is a file with entries far below it', [{ name: 'files/files/a/b/c' }, { name: 'files/files/a/b/d' }, { name: 'files/files/a' }], /"files\/files\/a" is a file in it, and has entries below it/],
  ['is a symbolic link', [{ ...good, content: '/etc/passwd', mode: 0o120_777 }], /a symbolic link/],
  ['is a device', [{ ...good, mode: 0o020_666 }], /neither a file nor a folder/],
  ['is a folder with a content', [{ name: 'files/files/a/', content: 'x' }], /has a content/],
  ['is compressed', [{ ...good, method: 8 }], /is compressed/],
  ['is encrypted', [{ ...good, flags: 1 }], /is encrypted/],
  ['has another name in its header', [{ ...good, localName: 'files/files/evil.txt' }], /tells something else/],
  ['has another size in its header', [{ ...good, localSize: 3 }], /tells something else/],
  ['has another checksum in its header', [{ ...good, localCrc: 1 }], /tells something else/],
  ['claims to be larger than it is', [{ ...good, claims: 1_000_000_000 }], /takes 4 bytes and claims to be 1000000000/],
  ['lies over another', [{ ...good, content: 'x'.repeat(200) }, { name: 'files/files/over', content: 'y', at: 40 }], /lies over/],
  ['shares its content with another', [good, { name: 'files/files/twin', content: 'good', at: 0 }], /lies over/],
]

describe('an archive is refused whole where a name in it', () => {
  test.each(cases)('%s', async (what, entries, reason) => {
    const path = join(work, `${what.replaceAll(/\W+/g, '-')}.zip`)
    writeFileSync(path, rawZip(entries))

    await expect(openZip(path)).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(reason) })
  })

  test('the same archive without it is read', async () => {
    const path = join(work, 'good.zip')
    writeFileSync(path, rawZip([good, { name: 'files/files/described', content: 'later', described: true }]))

    expect([...(await openZip(path)).entries.keys()]).toEqual([good.name, 'files/files/described'])
  })
})

describe('an archive is refused', () => {
  const bytes = rawZip([good])
  test.each([
    ['that is no zip', randomBytes(4000), /no zip archive/],
    ['that is empty', Buffer.alloc(0), /no zip archive/],
    ['that ends in the middle', bytes.subarray(0, bytes.length - 30), /no zip archive/],
    ['with something before it', Buffer.concat([Buffer.from('#!/bin/sh\n'), bytes]), /not where its end says/],
    ['with something behind it', Buffer.concat([bytes, Buffer.from('more')]), /no zip archive/],
    ['of several parts', withWord(bytes, bytes.length - 18, 1), /several parts/],
    ['whose end counts other entries', withWord(withWord(bytes, bytes.length - 14, 7), bytes.length - 12, 7), /tells of 7 entries, its directory of 1/],
  ])('%s', async (what, content, reason) => {
    const path = join(work, `${what.replaceAll(/\W+/g, '-')}.zip`)
    writeFileSync(path, content)

    await expect(openZip(path)).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(reason) })
  })

  test('with more entries than memory is given for', async () => {
    const path = join(work, 'crowd.zip')
    writeFileSync(path, rawZip([good, { name: 'files/files/other' }]))

    await expect(openZip(path, { ...zipLimits, mostEntries: 1 })).rejects.toThrow('it has 2 entries; at most 1 are read')
  })

  test('that is a folder, or not there', async () => {
    await expect(openZip(work)).rejects.toThrow('is not a file')
    await expect(openZip(join(work, 'nothing.zip'))).rejects.toMatchObject({ code: 'not-found' })
  })
})

function withWord(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt16LE(value, at)
  return copy
}

