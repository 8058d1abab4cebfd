import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ChatonError } from '../../../src/kit/errors.ts'
import { files } from '../../../src/move/files/index.ts'
import { contextFor, journalPath, type ContextForTest } from '../support/context.ts'
import { MemoryFiles } from '../support/memory-files.ts'

let source: MemoryFiles
let destination: MemoryFiles
let journal: ReturnType<typeof journalPath>

beforeEach(async () => {
  source = new MemoryFiles()
  destination = new MemoryFiles()
  journal = journalPath()
  for (const name of ['a', 'b', 'c', 'd', 'e']) source.put(`docs/${name}.txt`, name)
  source.put('docs/sub/deep.txt', 'deep')
  source.put('large.bin', 'x'.repeat(100))
  source.put('Photos/IMG_1.MOV', 'film')
  source.put('Photos/IMG_1.jpg', 'picture')
  await move()
  destination.requests.length = 0
})
afterEach(() => journal[Symbol.dispose]())

async function inContext<T>(work: (context: ContextForTest) => Promise<T>): Promise<T> {
  using context = contextFor({ source, destination, journal: journal.path })
  return await work(context)
}
const move = async (): Promise<unknown> => await inContext(async (context) => await files.run(context))
const differing = async (): Promise<unknown> => await inContext(async (context) => (await files.verify(context)).differing)
const notes = async (): Promise<string[]> => await inContext(async (context) => await Promise.resolve(context.journal.notes().map(({ message }) => message)))
const gone = async (): Promise<string[]> => await inContext(async (context) => await Promise.resolve([...context.journal.walk('files', 'gone')].map(({ key }) => key)))
const requests = (name: string): string[] => destination.requests.filter((request) => request.name === name).map(({ path }) => path)
const refusal = (status: number): ChatonError => new ChatonError('remote-failed', `the server answered ${status}`, { retryable: status === 423 || status >= 500, data: { status } })

/** Refuses requests of a name to paths as long as `holds`. */
function refusing(name: string, status: number, holds: (path: string) => boolean): void {
  destination.hook = (when, request) => {
    if (when === 'before' && request.name === name && holds(request.path)) throw refusal(status)
  }
}

describe('a deletion that the destination refuses', () => {
  test('the film of a live photo goes with its picture', async () => {
    destination.hook = (when, { name, path }) => {
      if (name !== 'remove') return
      if (when === 'before' && path === 'Photos/IMG_1.MOV' && destination.nodes.has('Photos/IMG_1.jpg')) throw refusal(403)
      if (when === 'after' && path === 'Photos/IMG_1.jpg') destination.drop('Photos/IMG_1.MOV')
    }
    source.drop('Photos/IMG_1.MOV')
    source.drop('Photos/IMG_1.jpg')

    await move()

    expect(destination.tree()).toEqual(source.tree())
    expect(await notes()).toEqual([])
    expect(await differing()).toEqual([])
  })

  test.each([403, 423, 500])('with %i: it stays, which is told, and all else goes on', async (status) => {
    refusing('remove', status, (path) => path === 'docs/a.txt')
    source.drop('docs/a.txt')
    source.drop('docs/b.txt')
    source.put('docs/new.txt', 'new')

    await move()
    await move()

    expect(destination.tree()).toEqual({ ...source.tree(), 'docs/a.txt': 'a' })
    expect(await notes()).toEqual([`"docs/a.txt" is gone from the source, and could not be deleted at the destination: it stays (the server answered ${status})`])
    expect(await gone()).toEqual([])
  })

  test('of a folder: what is in it goes one by one, and what stays is told once', async () => {
    refusing('remove', 403, (path) => path === 'docs/sub' || path === 'docs' || path === 'docs/a.txt')
    for (let number = 0; number < 9; number++) source.put(`more/${number}.txt`, 'more')
    source.drop('docs')

    await move()

    expect(Object.keys(destination.tree()).filter((path) => path.startsWith('docs')).toSorted()).toEqual(['docs/', 'docs/a.txt', 'docs/sub/'])
    expect(await notes()).toEqual([expect.stringMatching(/^"docs\/a\.txt" .* stays/), expect.stringMatching(/^"docs\/sub" .* stays/)])
    expect(await gone()).toEqual([])
  })

  test('a host that fails at one after the other ends the pass', async () => {
    for (let number = 0; number < 40; number++) source.put(`many/${number}.txt`, String(number))
    await move()
    destination.put('many/mine.txt', 'mine')
    refusing('remove', 500, (path) => path.startsWith('many/'))
    for (let number = 0; number < 30; number++) source.drop(`many/${number}.txt`)
    for (let number = 0; number < 40; number++) source.put(`other/${number}.txt`, String(number))

    await expect(move()).rejects.toMatchObject({ data: { status: 500 } })
  })

  test('401 ends the pass', async () => {
    refusing('remove', 401, () => true)
    source.drop('docs/a.txt')
    await expect(move()).rejects.toMatchObject({ data: { status: 401 } })
  })
})

describe('a move that the destination refuses', () => {
  test('of a file that is locked for a moment: it is moved after all others', async () => {
    let locked = true
    destination.hook = (when, { name, path }) => {
      if (when === 'after' && name === 'move' && path === 'y.txt') locked = false
      if (when === 'before' && name === 'move' && path === 'x.txt' && locked) throw refusal(423)
    }
    source.rename('docs/a.txt', 'x.txt')
    source.rename('docs/b.txt', 'y.txt')

    await move()

    expect(destination.tree()).toEqual(source.tree())
    expect([requests('write'), requests('bulk'), requests('remove')]).toEqual([[], [], []])
    expect(await notes()).toEqual([])
  })

  test('of a file: it is carried once more, and nothing is deleted', async () => {
    refusing('move', 403, () => true)
    source.rename('docs/a.txt', 'docs/z.txt')

    await move()
    await move()

    expect(destination.tree()).toEqual({ ...source.tree(), 'docs/a.txt': 'a' })
    expect(requests('remove')).toEqual([])
    expect(await notes()).toEqual([expect.stringMatching(/^"docs\/a\.txt" has another name or place .* carried once more \(the server answered 403\)$/)])
    expect(await differing()).toEqual([])
  })

  test('of a folder: what is in it is moved by itself', async () => {
    refusing('move', 403, (path) => path === 'papers')
    source.rename('docs', 'papers')

    await move()

    expect(destination.tree()).toEqual(source.tree())
    expect(destination.trash).toEqual([])
    expect(await differing()).toEqual([])
  })

  test('of a folder and all in it: all is carried once more, and nothing is deleted', async () => {
    refusing('move', 403, () => true)
    source.rename('docs', 'papers')

    await move()
    await move()

    expect(destination.tree()).toMatchObject(source.tree())
    expect(destination.tree()).toMatchObject({ 'docs/a.txt': 'a', 'docs/sub/deep.txt': 'deep' })
    expect(destination.trash).toEqual([])
    expect(await differing()).toEqual([])
  })

  test('by an answer of a proxy, while the server did it: it is as if it had been answered', async () => {
    destination.hook = (when, { name, path }) => {
      if (when === 'after' && name === 'move' && path === 'papers') throw new ChatonError('remote-failed', 'the server answered 504', { data: { status: 504 } })
    }
    source.rename('docs', 'papers')

    await move()

    expect(destination.tree()).toEqual(source.tree())
    expect([requests('write'), requests('bulk')]).toEqual([[], []])
    expect(await notes()).toEqual([])
  })
})
