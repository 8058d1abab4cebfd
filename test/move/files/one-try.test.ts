import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Clock } from '../../../src/kit/clock.ts'
import { ChatonError } from '../../../src/kit/errors.ts'
import type { KindTally, MoveContext } from '../../../src/move/contract.ts'
import { files } from '../../../src/move/files/index.ts'
import { startLimits, type Limits } from '../../../src/move/files/lanes.ts'
import { OneTry } from '../../../src/move/files/one-try.ts'
import type { Item } from '../../../src/move/journal.ts'
import { contextFor, journalPath } from '../support/context.ts'
import { MemoryFiles } from '../support/memory-files.ts'

let source: MemoryFiles
let destination: MemoryFiles
let journal: ReturnType<typeof journalPath>

beforeEach(() => {
  source = new MemoryFiles()
  destination = new MemoryFiles()
  journal = journalPath()
  source.put('film.mov', 'x'.repeat(100))
})
afterEach(() => journal[Symbol.dispose]())

const limits: Limits = { ...startLimits, packedMost: 8, wholeMost: 40, chunkMost: 16 }

async function inContext<T>(work: (context: MoveContext) => Promise<T>, more: { readonly clock?: Clock; readonly signal?: AbortSignal } = {}): Promise<T> {
  using context = contextFor({ source, destination, journal: journal.path, ...more })
  if (context.journal.fact('files.limits') === undefined) context.journal.setFact('files.limits', JSON.stringify(limits))
  return await work(context)
}
const move = async (clock?: Clock): Promise<KindTally> => await inContext(async (context) => await files.run(context), clock === undefined ? {} : { clock })
const learned = async (): Promise<Limits> => await inContext(async (context) => await Promise.resolve(JSON.parse(context.journal.fact('files.limits') ?? '{}') as Limits))
const requests = (name: string): string[] => destination.requests.filter((request) => request.name === name).map(({ path }) => path)
const item: Item = { key: 'film.mov', state: 'found', sourceId: '1', sourceMark: 'e', bytes: 0, extra: {}, pass: 1, destinationKey: undefined, destinationId: undefined, destinationMark: undefined, reason: undefined, next: undefined }
const brokeOff = new ChatonError('remote-failed', 'no answer: it broke off', { retryable: true })

/** The destination has read all of it when the first request for all of it fails; `kept` it or not. */
function firstFails(error: Error, { kept = false }: { readonly kept?: boolean } = {}): void {
  const write = destination.write.bind(destination)
  let failures = 0
  destination.write = async (path, body, options) => {
    if (failures++ > 0) return await write(path, body, options)
    if (kept) await write(path, body, options)
    else for await (const _chunk of body.stream) continue
    throw error
  }
}

async function* byteByByte(stream: Readable, then: () => void): AsyncGenerator<Buffer> {
  for (const byte of await buffer(stream)) {
    then()
    yield Buffer.of(byte)
  }
}

describe('a large file', () => {
  test('tells of each tenth of it once', () => {
    const told: number[] = []
    const clock: Clock = { now: () => new Date(0), sleep: async () => await Promise.resolve() }
    const oneTry = new OneTry({ ...item, bytes: 1000 }, { clock, tell: (percent) => told.push(percent) })
    oneTry.begin()
    for (const bytes of [50, 40, 10, 1, 399, 100, 400]) oneTry.passes(bytes)
    expect(told).toEqual([10, 50, 60, 100])
  })

  test('goes in one request where that comes to its end, and may be compared afterwards by what passed', async () => {
    expect(await move()).toMatchObject({ moved: 1, refused: [] })
    expect([requests('write'), requests('part')]).toEqual([['film.mov'], []])
    expect(await inContext(async (context) => await files.verify(context))).toEqual({ checked: 1, differing: [] })
    expect((await learned()).triedMost).toBe(limits.triedMost)
  })

  test.each([['film.mov', /^its content differs/], ['note.txt', /^MD5 \w+ at the source/]])('%s, damaged in the storage of the destination, is found by the comparison and sent again by the next pass', async (name, reason) => {
    source.put('note.txt', 'a note')
    await move()
    const node = destination.nodes.get(name)
    if (node !== undefined) node.content = Buffer.from('?'.repeat(node.content.length))
    expect(await inContext(async (context) => await files.verify(context))).toMatchObject({ differing: [{ what: name, reason: expect.stringMatching(reason) as string }] })
    await move()
    expect(destination.tree()).toEqual(source.tree())
    expect([...destination.versions.keys()]).toEqual([name])
    expect(await inContext(async (context) => await files.verify(context))).toEqual({ checked: 2, differing: [] })
  })

  test('goes in parts after a request that broke off; files of half its size are still tried', async () => {
    firstFails(brokeOff)
    expect(await move()).toMatchObject({ moved: 1, refused: [] })
    expect([requests('write'), requests('part').length, requests('finish')]).toEqual([[], 7, ['film.mov']])
    expect(destination.tree()).toEqual(source.tree())
    expect((await learned()).triedMost).toBe(50)
  })

  test('is not sent again where the destination had it although nothing came back', async () => {
    firstFails(brokeOff, { kept: true })
    expect(await move()).toMatchObject({ moved: 1, refused: [] })
    expect([requests('write'), requests('part'), destination.versions.size]).toEqual([['film.mov'], [], 0])
  })

  test('is asked for once more in one request where nothing of it had been sent', async () => {
    let failures = 0
    source.hook = (when, { name }) => {
      if (when === 'before' && name === 'read' && failures++ === 0) throw brokeOff
    }
    await move()
    expect([requests('write'), requests('part')]).toEqual([['film.mov'], []])
  })

  test('goes in parts when the run before ended in the middle of the request', async () => {
    const stop = new AbortController()
    firstFails(brokeOff)
    const write = destination.write.bind(destination)
    destination.write = async (path, body, options) => {
      stop.abort()
      return await write(path, body, options)
    }
    await expect(inContext(async (context) => await files.run(context), { signal: stop.signal })).rejects.toMatchObject({ code: 'interrupted' })
    expect(await move()).toMatchObject({ moved: 1 })
    expect([requests('write'), requests('part').length]).toEqual([[], 7])
  })

  test('goes in parts when a request for all of it would last more than a minute, and the next ones that are as large do so at once', async () => {
    let now = 0
    const clock: Clock = { now: () => new Date(now), sleep: async () => await Promise.resolve() }
    const read = source.read.bind(source)
    source.read = async (path, options) => {
      const { stream, ...rest } = await read(path, options)
      return { ...rest, stream: Readable.from(byteByByte(stream, () => (now += 1000)), { objectMode: false }) }
    }
    expect(await move(clock)).toMatchObject({ moved: 1, refused: [] })
    expect([requests('write'), requests('part').length]).toEqual([[], 7])
    const { triedMost } = await learned()
    expect(triedMost).toBeGreaterThan(limits.wholeMost)
    expect(triedMost).toBeLessThan(100)
    source.read = read
    source.put('long.mov', 'y'.repeat(triedMost + 1))
    source.put('short.mov', 'z'.repeat(triedMost))
    await move()
    expect(requests('write')).toEqual(['short.mov'])
  })
})
