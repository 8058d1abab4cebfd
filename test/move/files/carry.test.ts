import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ChatonError } from '../../../src/kit/errors.ts'
import type { KindTally, MoveContext } from '../../../src/move/contract.ts'
import { files } from '../../../src/move/files/index.ts'
import { contextFor, journalPath, type ContextForTest } from '../support/context.ts'
import { MemoryFiles } from '../support/memory-files.ts'

let source: MemoryFiles
let destination: MemoryFiles
let journal: ReturnType<typeof journalPath>

beforeEach(() => {
  source = new MemoryFiles()
  destination = new MemoryFiles()
  journal = journalPath()
})
afterEach(() => journal[Symbol.dispose]())

/** Sizes in bytes, so that small contents take every lane. */
const limits = JSON.stringify({ packedMost: 8, batchMost: 24, batchFiles: 4, wholeMost: 40, triedMost: 0, chunkMost: 16 })
const [middle, large] = ['twenty bytes of text', 'x'.repeat(100)]

async function inContext<T>(work: (context: ContextForTest) => Promise<T>): Promise<T> {
  using context = contextFor({ source, destination, journal: journal.path })
  if (context.journal.fact('files.limits') === undefined) context.journal.setFact('files.limits', limits)
  return await work(context)
}
const move = async (): Promise<KindTally> => await inContext(async (context) => await files.run(context))
const verdict = async (): ReturnType<typeof files.verify> => await inContext(async (context) => await files.verify(context))
const notes = async (): Promise<string[]> => await inContext(async ({ journal }) => await Promise.resolve(journal.notes().map(({ message }) => message)))
const requests = (side: MemoryFiles, name: string): string[] => side.requests.filter((request) => request.name === name).map(({ path }) => path)
const answer = (status: number, code: ChatonError['code'] = 'remote-failed', retryable = false): ChatonError => new ChatonError(code, `the server answered ${status}`, { retryable, data: { status } })

/** Fails the first `times` requests of this name, before they take effect. */
function failing(side: MemoryFiles, name: string, error: ChatonError, times = Number.POSITIVE_INFINITY): void {
  let left = times
  side.hook = (when, request) => {
    if (when === 'after' || request.name !== name || left === 0) return
    left -= 1
    throw error
  }
}

describe('a first pass', () => {
  test('carries folders, small, middle and large files with their times', async () => {
    source.put('notes/a.txt', 'a')
    source.put('notes/b.txt', 'b')
    source.put('notes/deep/er/c.txt', 'c')
    source.put('empty.txt', '')
    source.folder('nothing in it')
    source.put('middle.bin', middle)
    source.put('large.bin', large)

    const tally = await move()

    expect(tally).toMatchObject({ moved: 10, alreadyThere: 0, refused: [], renamed: [], bytes: 123 })
    expect(destination.tree()).toEqual(source.tree())
    expect(destination.times()).toEqual(source.times())
    expect(await verdict()).toEqual({ checked: 10, differing: [] })
  })

  test('takes small ones as a zip into bulk uploads, middle ones in one request, large ones in parts', async () => {
    for (const name of ['a', 'b', 'c', 'd']) source.put(`small/${name}.txt`, name)
    source.put('middle.bin', middle)
    source.put('large.bin', large)
    await move()
    expect([requests(source, 'zip'), requests(destination, 'bulk')]).toEqual([['small'], ['small']])
    expect([requests(destination, 'write'), requests(destination, 'part').length]).toEqual([['middle.bin'], 7])
  })

  test('creation times, which bulk uploads do not take, are kept', async () => {
    for (const name of ['a', 'b', 'c', 'd']) source.put(`${name}.txt`, name, { ctime: 1_400_000_000 })
    await move()
    expect(requests(destination, 'bulk')).toEqual([])
    expect((await destination.stat('a.txt'))?.ctime).toBe(1_400_000_000)
  })

  test('inventory counts, and changes nothing on either side', async () => {
    source.put('notes/a.txt', 'abc')
    source.put('shared.txt', 'theirs', { permissions: 'SRGDNVW' })
    const inventory = await inContext(async (context) => await files.inventory(context))
    expect(inventory).toMatchObject({ count: 2, bytes: 3, left: [{ what: 'shared.txt' }] })
    expect(destination.tree()).toEqual({})
  })
})

describe('what is not the account’s own', () => {
  test.each([
    ['shared with it', { permissions: 'SRGDNVW' }, /shared with you/],
    ['a group folder', { permissions: 'MRGDNVCK', mountType: 'group' }, /group folder/],
    ['an external storage', { permissions: 'MRGDNVCK', mountType: 'external' }, /external storage/],
    ['end-to-end encrypted', { encrypted: true }, /end-to-end encrypted/],
  ])('%s: refused as one, not entered, with what the person can do', async (_what, more, reason) => {
    source.folder('theirs', more)
    source.put('theirs/a.txt', 'a')
    const { moved, refused } = await move()
    expect(moved).toBe(0)
    expect(refused).toEqual([{ what: 'theirs', reason: expect.stringMatching(reason) as string, next: expect.any(String) as string }])
    expect(requests(source, 'list')).toEqual([''])
  })
})

describe('names', () => {
  test('one that the destination refuses gets another, which is told', async () => {
    destination.abilities = { ...destination.abilities, refusesName: (name) => (name.includes(':') ? '":" in the name' : undefined) }
    source.put('a:b/c:d.txt', 'one')
    source.put('a:b/c_d.txt', 'two')
    const { moved, renamed } = await move()
    expect(moved).toBe(3)
    expect(renamed).toEqual([{ what: 'a:b', as: 'a_b' }, { what: 'a:b/c:d.txt', as: 'a_b/c_d (from old.example).txt' }])
    expect(destination.tree()).toEqual({ 'a_b/': '', 'a_b/c_d.txt': 'two', 'a_b/c_d (from old.example).txt': 'one' })
  })

  test('of two that are one for the server, the one that it does not give is told of', async () => {
    source.put('é.txt', 'composed')
    const list = source.list.bind(source)
    source.list = async function* twice(path) {
      for await (const entry of list(path)) yield* [entry, { ...entry, fileId: '999' }]
    }
    const { moved, refused } = await move()
    expect(moved).toBe(1)
    expect(refused).toMatchObject([{ what: 'é.txt', reason: expect.stringMatching(/Unicode/) as string }])
  })
})

describe('what is at the destination already', () => {
  test('files with the same content are left alone, those with another one too', async () => {
    for (const name of ['a', 'b', 'c', 'd']) source.put(`docs/${name}.txt`, `old ${name}`)
    source.put('same middle.bin', middle)
    source.put('other middle.bin', middle)
    destination.put('docs/a.txt', 'old a')
    destination.put('docs/b.txt', 'new b')
    destination.put('same middle.bin', middle)
    destination.put('other middle.bin', middle.toUpperCase())
    const times = destination.times()

    const tally = await move()

    expect(tally).toMatchObject({ moved: 4, alreadyThere: 3, refused: [] })
    expect(tally.renamed).toEqual([
      { what: 'docs/b.txt', as: 'docs/b (from old.example).txt' },
      { what: 'other middle.bin', as: 'other middle (from old.example).bin' },
    ])
    expect(destination.tree()).toMatchObject({ 'docs/a.txt': 'old a', 'docs/b.txt': 'new b', 'docs/b (from old.example).txt': 'old b', 'other middle.bin': middle.toUpperCase() })
    expect(destination.times()).toMatchObject({ 'docs/a.txt': times['docs/a.txt'], 'same middle.bin': times['same middle.bin'] })
    expect([...destination.versions.keys()]).toEqual([])
    expect(await verdict()).toMatchObject({ differing: [] })
  })

  test('a folder where a file stands, and the other way round', async () => {
    source.put('a/x.txt', 'x')
    source.put('b', 'file')
    destination.put('a', 'file')
    destination.folder('b')
    expect((await move()).renamed).toEqual([{ what: 'a', as: 'a (from old.example)' }, { what: 'b', as: 'b (from old.example)' }])
    expect(destination.tree()).toEqual({ a: 'file', 'a (from old.example)/': '', 'a (from old.example)/x.txt': 'x', 'b/': '', 'b (from old.example)': 'file' })
  })
})

describe('what hosts cannot do', () => {
  test('a source without zips and a destination without bulk uploads: each file by itself', async () => {
    source.abilities = { ...source.abilities, zip: false, serverHash: false }
    destination.abilities = { ...destination.abilities, bulk: false, serverHash: false }
    for (const name of ['a', 'b', 'c', 'd']) source.put(`small/${name}.txt`, name)
    source.put('large.bin', large)
    expect(await move()).toMatchObject({ moved: 6, refused: [] })
    expect(destination.tree()).toEqual(source.tree())
    expect([requests(source, 'zip'), requests(destination, 'bulk')]).toEqual([[], []])
  })

  test('zips that always break are given up, bulk uploads that the server knows not at once', async () => {
    for (let index = 0; index < 30; index++) source.put(`small/${index}.txt`, String(index))
    failing(source, 'zip', answer(500))
    failing(destination, 'bulk', answer(501))
    expect(await move()).toMatchObject({ moved: 31, refused: [] })
    expect(destination.tree()).toEqual(source.tree())
    expect(await notes()).toEqual(expect.arrayContaining([expect.stringMatching(/no archives/), expect.stringMatching(/no bulk uploads/)]))
    expect(requests(source, 'zip').length).toBeLessThan(10)
  })

  test('a proxy that takes small bodies only: smaller batches, and parts', async () => {
    const megabytes = (count: number): Buffer => Buffer.alloc(count * 2 ** 20, 'm')
    await inContext(async ({ journal }) => await Promise.resolve(journal.setFact('files.limits', '{}')))
    for (const name of ['a', 'b', 'c']) source.put(`small/${name}.bin`, megabytes(1))
    source.put('film.bin', megabytes(5))
    destination.abilities = { ...destination.abilities, chunk: { least: 1, most: 100 * 2 ** 20 } }
    const most = 1.5 * 2 ** 20
    const [write, writeMany, chunked] = [destination.write.bind(destination), destination.writeMany.bind(destination), destination.chunked.bind(destination)]
    const tooLarge = (bytes: number): void => {
      if (bytes > most) throw answer(413)
    }
    destination.write = async (path, body, options) => (tooLarge(body.length), await write(path, body, options))
    destination.writeMany = async (parts) => (tooLarge(parts.reduce((sum, { bytes }) => sum + bytes.length, 0)), await writeMany(parts))
    destination.chunked = (id, target) => ({ ...chunked(id, target), put: async (part, body, total) => (tooLarge(body.length), await chunked(id, target).put(part, body, total)) })

    expect(await move()).toMatchObject({ moved: 5, refused: [] })

    expect(destination.tree()).toEqual(source.tree())
  })
})

describe('a source that is in use', () => {
  test('a file that changes while it is read is taken again', async () => {
    source.put('middle.bin', middle)
    let left = 2
    source.hook = (when, { name }) => {
      if (when === 'before' && name === 'read' && left-- > 0) source.put('middle.bin', `${middle} ${left}`)
    }
    expect(await move()).toMatchObject({ moved: 1, refused: [] })
    expect(destination.tree()).toEqual(source.tree())
  })

  test('one that never rests is refused, and carried by the next run', async () => {
    source.put('middle.bin', middle)
    source.put('other.bin', middle)
    source.hook = (when, { name, path }) => {
      if (when === 'before' && name === 'read' && path === 'middle.bin') source.put('middle.bin', middle)
    }
    expect(await move()).toMatchObject({ moved: 1, refused: [{ what: 'middle.bin', reason: expect.stringMatching(/changed each time/) as string }] })
    source.hook = () => undefined
    expect(await move()).toMatchObject({ moved: 2, refused: [] })
  })

  test('a large file that changes under its parts is carried whole, of one piece', async () => {
    source.put('large.bin', large)
    let parts = 0
    source.hook = (when, { name }) => {
      if (when === 'before' && name === 'read' && ++parts === 4) source.put('large.bin', 'y'.repeat(90))
    }
    expect(await move()).toMatchObject({ moved: 1, refused: [] })
    expect(destination.tree()).toEqual(source.tree())
  })
})

describe('failures', () => {
  test('what one file meets is told of it; the others go on', async () => {
    source.put('a.bin', middle)
    source.put('b.bin', middle)
    source.hook = (when, { name, path }) => {
      if (when === 'before' && name === 'read' && path === 'a.bin') throw answer(403)
    }
    expect(await move()).toMatchObject({ moved: 1, refused: [{ what: 'a.bin', reason: 'the server answered 403', next: 'run the move again' }] })
  })

  test('a folder that cannot be made is told of once for each thing in it', async () => {
    source.put('a/b.txt', 'b')
    failing(destination, 'mkcol', answer(403))
    expect((await move()).refused.map(({ what }) => what)).toEqual(['a', 'a/b.txt'])
    destination.hook = () => undefined
    expect(await move()).toMatchObject({ moved: 2, refused: [] })
  })

  test('401 ends the run at once', async () => {
    for (let index = 0; index < 20; index++) source.put(`${index}.bin`, middle)
    failing(destination, 'write', answer(401))
    await expect(move()).rejects.toMatchObject({ code: 'remote-failed', data: { status: 401 } })
    expect(requests(destination, 'write').length).toBeLessThanOrEqual(10)
  })

  test('a full destination ends the run with numbers; what arrived stays, and the next run goes on', async () => {
    for (let index = 0; index < 5; index++) source.put(`${index}.bin`, middle)
    destination.room = 50
    await expect(move()).rejects.toMatchObject({ code: 'no-room', message: expect.stringMatching(/40 B of 100 B have arrived and stay, 60 B are left, 10 B are free/) as string, data: { leftBytes: 60 } })
    destination.room = 1000
    expect(await move()).toMatchObject({ moved: 5 })
    expect(destination.tree()).toEqual(source.tree())
    expect(destination.versions.size).toBe(0)
  })

  test('a host that refuses everything is not asked for every file', async () => {
    for (let index = 0; index < 200; index++) source.put(`${index}.bin`, middle)
    failing(destination, 'write', answer(403))
    await expect(move()).rejects.toMatchObject({ data: { status: 403 } })
    expect(requests(destination, 'write').length).toBeLessThan(60)
  })

  test('content that was damaged on its way is sent again, over the damaged one', async () => {
    source.put('middle.bin', middle)
    const write = destination.write.bind(destination)
    let damaged = 0
    destination.write = async (path, body, options) => {
      const written = await write(path, body, options)
      return damaged++ === 0 ? { ...written, md5: 'f'.repeat(32) } : written
    }
    expect(await move()).toMatchObject({ moved: 1, refused: [] })
    expect([...destination.versions.keys()]).toEqual(['middle.bin'])
  })

  test('a part that was damaged on its way: all parts are sent again, and nothing damaged arrives', async () => {
    source.put('large.bin', large)
    const chunked = destination.chunked.bind(destination)
    let damaged = 0
    destination.chunked = (id, target) => {
      const upload = chunked(id, target)
      const put: typeof upload.put = async (part, body, total) => {
        const hash = await upload.put(part, body, total)
        return part === 2 && damaged++ === 0 ? 'f'.repeat(32) : hash
      }
      return { ...upload, put }
    }
    expect(await move()).toMatchObject({ moved: 1, refused: [] })
    expect(destination.tree()).toEqual(source.tree())
    expect([destination.versions.size, destination.uploads.size, new Set(requests(destination, 'finish')).size]).toEqual([0, 0, 1])
    expect(requests(destination, 'abort')).toHaveLength(1)
  })

  test('where the destination says nothing of parts, the whole is compared: damaged, it is sent again over the damaged one', async () => {
    source.put('large.bin', large)
    destination.abilities = { ...destination.abilities, serverHash: false }
    const chunked = destination.chunked.bind(destination)
    let damaged = 0
    destination.chunked = (id, target) => {
      const upload = chunked(id, target)
      const put: typeof upload.put = async (part, body, total) => {
        const bytes = await buffer(body.stream)
        if (damaged++ === 0) bytes[0] = 0
        return await upload.put(part, { stream: Readable.from([bytes], { objectMode: false }), length: bytes.length }, total)
      }
      return { ...upload, put }
    }
    expect(await move()).toMatchObject({ moved: 1, refused: [] })
    expect(destination.tree()).toEqual(source.tree())
    expect([...destination.versions.keys()]).toEqual(['large.bin'])
  })

  test('stopped by the person: says so, and goes on later', async () => {
    for (let index = 0; index < 20; index++) source.put(`${index}.bin`, middle)
    const stop = new AbortController()
    destination.hook = (when, { name }) => {
      if (when === 'after' && name === 'write') stop.abort()
    }
    using context = contextFor({ source, destination, journal: journal.path, signal: stop.signal })
    context.journal.setFact('files.limits', limits)
    await expect(files.run(context)).rejects.toMatchObject({ code: 'interrupted' })
    destination.hook = () => undefined
    expect(await move()).toMatchObject({ moved: 20 })
  })
})

describe('a later pass', () => {
  beforeEach(async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) source.put(`docs/${name}.txt`, name)
    source.put('docs/sub/deep.txt', 'deep')
    source.put('middle.bin', middle)
    source.put('large.bin', large)
    await move()
    source.requests.length = 0
    destination.requests.length = 0
  })

  test('asks two questions when nothing has changed', async () => {
    await move()
    expect([...source.requests, ...destination.requests].map(({ name }) => name)).toEqual(['stat', 'stat'])
  })

  test('enters only folders that changed', async () => {
    source.put('docs/a.txt', 'A')
    await move()
    expect(requests(source, 'list')).toEqual(['', 'docs'])
    expect(destination.tree()).toEqual(source.tree())
    expect(destination.times()).toEqual(source.times())
  })

  test('a changed file goes over what this move wrote, and beside what people changed', async () => {
    source.put('docs/a.txt', 'A')
    source.put('docs/b.txt', 'B')
    destination.put('docs/b.txt', 'mine')
    expect((await move()).renamed).toEqual([{ what: 'docs/b.txt', as: 'docs/b (from old.example).txt' }])
    expect(destination.tree()).toMatchObject({ 'docs/a.txt': 'A', 'docs/b.txt': 'mine', 'docs/b (from old.example).txt': 'B' })
    expect([...destination.versions.keys()]).toEqual(['docs/a.txt'])
  })

  test('a renamed folder is moved there, with what people added to it', async () => {
    destination.put('docs/sub/mine.txt', 'mine')
    source.rename('docs', 'papers')
    source.put('papers/c.txt', 'C')
    await move()
    expect(destination.tree()).toEqual({ ...source.tree(), 'papers/sub/mine.txt': 'mine' })
    expect([requests(destination, 'move'), requests(destination, 'bulk'), requests(destination, 'write')]).toEqual([['papers'], [], ['papers/c.txt']])
    expect(destination.trash).toEqual([])
  })

  test('deletions follow, also of a whole folder in one request', async () => {
    source.drop('docs/sub')
    source.drop('middle.bin')
    await move()
    expect(destination.tree()).toEqual(source.tree())
    expect(requests(destination, 'remove').toSorted()).toEqual(['docs/sub', 'middle.bin'])
  })

  test('what people touched there stays when it is deleted at the source', async () => {
    destination.put('docs/sub/mine.txt', 'mine')
    destination.put('middle.bin', 'mine too')
    source.drop('docs/sub')
    source.drop('middle.bin')
    await move()
    expect(destination.tree()).toMatchObject({ 'docs/sub/mine.txt': 'mine', 'middle.bin': 'mine too' })
    expect(destination.tree()['docs/sub/deep.txt']).toBeUndefined()
    expect(await notes()).toEqual([expect.stringMatching(/was changed at the destination/), expect.stringMatching(/holds more/)])
  })

  test('a file in place of a folder, a folder in place of a file', async () => {
    source.drop('docs/sub')
    source.put('docs/sub', 'now a file')
    source.drop('middle.bin')
    source.put('middle.bin/inside.txt', 'now a folder')
    await move()
    expect(destination.tree()).toEqual(source.tree())
  })

  test('a source that is suddenly empty, or smaller than half, ends the run before anything is deleted', async () => {
    const before = destination.tree()
    source.drop('docs')
    await expect(move()).rejects.toMatchObject({ code: 'refused', next: [expect.any(String), expect.stringMatching(/confirm/)] })
    await expect(move()).rejects.toMatchObject({ code: 'refused' })
    expect(destination.tree()).toEqual(before)

    await inContext(async ({ journal }) => await Promise.resolve(journal.setFact('allowShrink', 'yes')))
    await move()
    expect(destination.tree()).toEqual(source.tree())
    source.drop('middle.bin')
    source.drop('large.bin')
    await expect(move()).rejects.toMatchObject({ code: 'refused' })
  })

  test('a destination that is suddenly empty ends the run', async () => {
    destination.drop('docs')
    destination.drop('large.bin')
    await expect(move()).rejects.toMatchObject({ code: 'refused', message: expect.stringMatching(/holds 20 B, of 132 B/) as string })
  })

  test('a new file into a folder that people deleted there: the folder is made again', async () => {
    destination.drop('docs/sub')
    source.put('docs/sub/new.txt', 'new')
    await move()
    expect(destination.tree()['docs/sub/new.txt']).toBe('new')
  })
})

test('a scan that broke off enters only what it had not entered', async () => {
  for (const folder of ['a', 'b', 'c']) source.put(`${folder}/x.txt`, folder)
  source.hook = (when, { name, path }) => {
    if (when === 'before' && name === 'list' && path === 'c') throw answer(401)
  }
  const inventory = async (context: MoveContext): ReturnType<typeof files.inventory> => await files.inventory(context)
  await expect(inContext(inventory)).rejects.toMatchObject({ data: { status: 401 } })
  source.hook = () => undefined
  source.requests.length = 0
  expect(await inContext(inventory)).toMatchObject({ count: 6 })
  expect(requests(source, 'list')).toEqual(['c'])
})

describe('what others share into the new account', () => {
  test('a folder of the same name is not filled, an equal file is not taken for ours', async () => {
    source.put('plans/secret.txt', 'mine')
    source.put('same.txt', 'alike')
    destination.folder('plans', { permissions: 'SRGDNVCK' })
    destination.put('same.txt', 'alike', { permissions: 'SRGDNVW', mountType: 'shared' })

    const tally = await move()

    expect(tally).toMatchObject({ moved: 3, alreadyThere: 0, refused: [] })
    expect(destination.tree()).toEqual({ 'plans/': '', 'same.txt': 'alike', 'plans (from old.example)/': '', 'plans (from old.example)/secret.txt': 'mine', 'same (from old.example).txt': 'alike' })
    expect((await verdict()).differing).toEqual([])
  })

  test('a folder that appears meanwhile is looked at before it is filled', async () => {
    source.put('plans/secret.txt', 'mine')
    let appeared = false
    destination.hook = (when, { name, path }) => {
      if (when !== 'before' || name !== 'mkcol' || path !== 'plans' || appeared) return
      appeared = true
      destination.folder('plans', { permissions: 'SRGDNVCK' })
    }

    await move()

    expect(appeared).toBe(true)
    expect(destination.tree()).toEqual({ 'plans/': '', 'plans (from old.example)/': '', 'plans (from old.example)/secret.txt': 'mine' })
  })
})
