import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ChatonError } from '../../../src/kit/errors.ts'
import type { KindTally, MoveContext } from '../../../src/move/contract.ts'
import { files } from '../../../src/move/files/index.ts'
import { streamOf } from '../../../src/nextcloud/remote.ts'
import { contextFor, journalPath } from '../support/context.ts'
import { MemoryFiles, type Request } from '../support/memory-files.ts'

/** Sizes in bytes, so that small contents take every lane. */
const limits = JSON.stringify({ packedMost: 8, batchMost: 24, batchFiles: 4, wholeMost: 40, triedMost: 80, chunkMost: 16 })

let source: MemoryFiles
let destination: MemoryFiles
let journal: ReturnType<typeof journalPath>

beforeEach(() => {
  source = new MemoryFiles()
  destination = new MemoryFiles()
  journal = journalPath()
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l']) source.put(`small/${name}.txt`, name)
  for (const name of ['one', 'two', 'three', 'four', 'five']) source.put(`middle/${name}.bin`, `twenty bytes of ${name}`)
  for (const name of ['one', 'two', 'three']) source.put(`large/${name}.bin`, name.repeat(30))
})
afterEach(() => journal[Symbol.dispose]())

async function inContext<T>(work: (context: MoveContext) => Promise<T>): Promise<T> {
  using context = contextFor({ source, destination, journal: journal.path })
  if (context.journal.fact('files.limits') === undefined) context.journal.setFact('files.limits', limits)
  return await work(context)
}
const move = async (): Promise<KindTally> => await inContext(async (context) => await files.run(context))

/** A move, and a second one that knows nothing of it: what is there after the first, and what the second says. */
async function moveAnew(): Promise<{ readonly once: ReturnType<MemoryFiles['tree']>; readonly tally: KindTally }> {
  await move()
  const once = destination.tree()
  journal[Symbol.dispose]()
  journal = journalPath()
  return { once, tally: await move() }
}
const limitsNow = async (): Promise<unknown> => await inContext(async ({ journal }) => await Promise.resolve(JSON.parse(journal.fact('files.limits') ?? '{}') as unknown))

const silence = (): ChatonError => new ChatonError('remote-failed', 'the answer broke off', { retryable: true })

/** Requests of this name fail without an answer, the first so many of them. */
function silent(side: MemoryFiles, name: Request['name'], { when, times = Number.POSITIVE_INFINITY }: { readonly when: 'before' | 'after'; readonly times?: number }): void {
  let left = times
  side.hook = (at, request) => {
    if (at !== when || request.name !== name || left-- <= 0) return
    throw silence()
  }
}

test.each(['gentle', 'polite', 'fast'] as const)('two accounts of one server share its pace without waiting for each other: %s', async (manner) => {
  using context = contextFor({ source, destination, journal: journal.path, manner })
  context.journal.setFact('files.limits', limits)

  await files.run({ ...context, destination: { ...context.destination, pace: context.source.pace } })

  expect(destination.tree()).toEqual(source.tree())
})

test('on one server too, a source that breaks off is asked again, and a file that changes is taken as it is then', async () => {
  using context = contextFor({ source, destination, journal: journal.path, manner: 'gentle' })
  context.journal.setFact('files.limits', limits)
  silent(source, 'read', { when: 'before', times: 3 })
  const { hook } = source
  let changes = 1
  source.hook = (when, request) => {
    hook(when, request)
    if (when === 'before' && request.path === 'middle/two.bin' && request.name === 'read' && changes-- > 0) source.put('middle/two.bin', 'twenty other bytes of it')
  }

  const tally = await files.run({ ...context, destination: { ...context.destination, pace: context.source.pace } })

  expect(tally.refused).toEqual([])
  expect(destination.tree()).toEqual(source.tree())
})

test('archives that break off each time: the files come one by one, and no more archives are asked for', async () => {
  silent(source, 'zip', { when: 'before' })

  expect(await move()).toMatchObject({ refused: [] })

  expect(destination.tree()).toEqual(source.tree())
  expect(await limitsNow()).toMatchObject({ zip: false })
})

test.each(['before', 'after'] as const)('bulk uploads that are never answered, broken off %s they are done: the files go one by one', async (when) => {
  silent(destination, 'bulk', { when })

  expect(await move()).toMatchObject({ refused: [] })

  expect(destination.tree()).toEqual(source.tree())
  expect([...destination.versions]).toEqual([])
})

test('a bulk upload that failed for a while is no reason to give them up', async () => {
  silent(destination, 'bulk', { when: 'before', times: 6 })

  await move()

  expect(destination.tree()).toEqual(source.tree())
  expect(await limitsNow()).not.toMatchObject({ bulk: false })
})

test('a destination that is gone ends the run, which says so', async () => {
  destination.hook = () => {
    throw silence()
  }

  await expect(move()).rejects.toMatchObject({ code: 'remote-failed', retryable: true })
})

const outOfOrder = (): ChatonError => new ChatonError('remote-failed', 'the server answered 503', { retryable: true, data: { status: 503 } })

/** The files whose paths it tells cannot be opened, in archives neither. */
function unreadable(is: (path: string) => boolean): void {
  const [read, readMany] = [source.read.bind(source), source.readMany.bind(source)]
  source.read = async (path, options) => (is(path) ? await Promise.reject(outOfOrder()) : await read(path, options))
  source.readMany = async function* (folder, sizes) {
    if ([...sizes.keys()].some(is)) throw outOfOrder()
    yield* readMany(folder, sizes)
  }
}

test('files that the source cannot open, each in its lane, are told of; the others arrive', async () => {
  const broken = ['large/two.bin', 'middle/three.bin', 'small/c.txt']
  unreadable((path) => broken.includes(path))

  const { refused } = await move()

  expect(refused).toEqual(broken.map((what) => ({ what, reason: 'the old host cannot open it', next: expect.stringMatching(/ask those who run it to mend it/) as string })))
  const others = Object.fromEntries(Object.entries(source.tree()).filter(([path]) => !broken.includes(path)))
  expect(destination.tree()).toEqual(others)
})

test('a source that opens nothing any more is not asked for every file', async () => {
  for (let number = 0; number < 60; number++) source.put(`more/${number}.bin`, 'twenty bytes of a file')
  unreadable(() => true)

  await expect(move()).rejects.toMatchObject({ code: 'remote-failed', message: 'the old host cannot open it' })
})

test.each(['source', 'destination'] as const)('maintenance of the %s for a while, which it does not name, is waited for', async (name) => {
  const side = name === 'source' ? source : destination
  let left = 40
  let skip = 6
  side.hook = (when) => {
    if (when === 'before' && skip-- <= 0 && left-- > 0) throw outOfOrder()
  }

  expect(await move()).toMatchObject({ refused: [] })

  expect(left).toBeLessThan(0)
  expect(destination.tree()).toEqual(source.tree())
})

test('a file that the destination does not take, and says 503, is told of; the others arrive', async () => {
  destination.hook = (when, { path, name }) => {
    if (when === 'before' && name === 'write' && path === 'middle/one.bin') throw outOfOrder()
  }

  expect((await move()).refused).toMatchObject([{ what: 'middle/one.bin', reason: 'the server answered 503' }])
  expect(Object.keys(destination.tree())).toHaveLength(Object.keys(source.tree()).length - 1)
})

test('an answer that was clipped, with a length to match, is not taken for the file', async () => {
  const read = source.read.bind(source)
  let clips = 2
  source.read = async (path, options) => {
    const content = await read(path, options)
    if (!path.startsWith('middle/') || clips-- <= 0) return content
    return { ...content, stream: streamOf((await buffer(content.stream)).subarray(0, 5)), size: 5 }
  }

  expect(await move()).toMatchObject({ refused: [] })

  expect(destination.tree()).toEqual(source.tree())
})

test('what was written once more with the same content is still of this move: verified, and written over later', async () => {
  await move()
  const node = destination.nodes.get('middle/one.bin')
  destination.nodes.set('middle/one.bin', { ...node!, etag: 'another' })

  expect((await inContext(async (context) => await files.verify(context))).differing).toEqual([])

  source.put('middle/one.bin', 'another twenty bytes')
  await move()
  expect(destination.tree()).toEqual(source.tree())
})

test('what has another content of the same size and time is told', async () => {
  await move()
  const node = destination.nodes.get('middle/one.bin')
  destination.nodes.set('middle/one.bin', { ...node!, etag: 'another', content: Buffer.from('twenty bytes of 0ne') })

  expect((await inContext(async (context) => await files.verify(context))).differing).toMatchObject([{ what: 'middle/one.bin', reason: 'it was changed at the destination since it arrived' }])
})

test('a second move of the same accounts, which knows nothing of the first, brings nothing twice', async () => {
  source.put('taken.txt', 'of old')
  source.put('large taken.bin', 'of the old host, and of some length')
  destination.put('taken.txt', 'of the new host')
  destination.put('large taken.bin', 'of the new host')
  await move()
  const once = destination.tree()
  expect(Object.keys(once)).toEqual(expect.arrayContaining(['taken (from old.example).txt', 'large taken (from old.example).bin']))
  journal[Symbol.dispose]()
  journal = journalPath()

  expect(await move()).toMatchObject({ moved: 0, refused: [] })

  expect(destination.tree()).toEqual(once)
})

test('nor what was kept beside other content of the same size', async () => {
  for (const name of ['a', 'b.c', 'middle taken.bin', 'large taken, and longer than one request.bin']) {
    source.put(name, name.padEnd(name.length * 3, 'o'))
    destination.put(name, name.padEnd(name.length * 3, 'n'))
  }
  const { once, tally } = await moveAnew()

  expect(tally).toMatchObject({ moved: 0, refused: [] })
  expect(destination.tree()).toEqual(once)
})

test('nor a folder whose name a file has', async () => {
  destination.put('middle', 'a file')
  const { once, tally } = await moveAnew()

  expect(tally).toMatchObject({ moved: 0, refused: [] })
  expect(destination.tree()).toEqual(once)
})

test('what stands beside with the same size and time, and other content, is not taken for the file', async () => {
  source.put('taken.txt', 'of old', { mtime: 1_600_000_000 })
  destination.put('taken.txt', 'of the new host')
  destination.put('taken (from old.example).txt', 'not it', { mtime: 1_600_000_000 })

  await move()

  expect(destination.tree()).toMatchObject({ 'taken (from old.example).txt': 'not it', 'taken (from old.example 2).txt': 'of old' })
})
