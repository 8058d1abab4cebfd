import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { MoveContext } from '../../../src/move/contract.ts'
import { files } from '../../../src/move/files/index.ts'
import { contextFor, journalPath } from '../support/context.ts'
import { withMishaps } from '../support/killing.ts'
import { MemoryFiles } from '../support/memory-files.ts'

/** Things that get the same acceptable name at a destination that refuses their own stay apart. */

const limits = JSON.stringify({ packedMost: 8, batchMost: 24, batchFiles: 4, wholeMost: 40, triedMost: 80, chunkMost: 16 })
const strict = (): MemoryFiles => new MemoryFiles({ refusesName: (name) => (/[:?*]/.test(name) ? 'a character in the name' : name !== name.trim() ? 'a blank at its end' : undefined) })

let source: MemoryFiles
let destination: MemoryFiles
let journal: ReturnType<typeof journalPath>

beforeEach(() => {
  source = new MemoryFiles()
  destination = strict()
  journal = journalPath()
})
afterEach(() => journal[Symbol.dispose]())

function anew(): void {
  journal[Symbol.dispose]()
  journal = journalPath()
}

async function inContext<T>(work: (context: MoveContext) => Promise<T>): Promise<T> {
  using context = contextFor({ source, destination, journal: journal.path })
  if (context.journal.fact('files.limits') === undefined) context.journal.setFact('files.limits', limits)
  return await work(context)
}
const move = async (): ReturnType<typeof files.run> => await inContext(async (context) => await files.run(context))
const verdict = async (): ReturnType<typeof files.verify> => await inContext(async (context) => await files.verify(context))

const names = ['a', 'b', 'c']
const folders = ['Bills:2024', 'Bills?2024', 'Bills*2024']
const contents = (side: MemoryFiles): string[] => Object.values(side.tree()).filter((content) => content !== '').toSorted()

/** Each item has a place of its own at the destination, with its content in it; nothing else is there, and nothing was written over. */
async function expectApart(): Promise<void> {
  const places = await inContext(async ({ journal }) => await Promise.resolve([...journal.walk('files')].map(({ destinationKey }) => destinationKey)))
  expect(new Set(places).size).toBe(places.length)
  expect(contents(destination)).toEqual(contents(source))
  expect(destination.nodes.size).toBe(source.nodes.size)
  expect([...destination.versions]).toEqual([])
  expect((await verdict()).differing).toEqual([])
}

describe('folders that get the same name', () => {
  beforeEach(() => {
    for (const folder of folders) for (const name of names) source.put(`${folder}/${name}.txt`, `${name} ${folder.slice(5)}`)
  })

  test('become as many folders, each with its own files', async () => {
    const { refused, renamed } = await move()

    expect(refused).toEqual([])
    expect(renamed?.filter(({ what }) => folders.includes(what)).map(({ as }) => as).toSorted()).toEqual(['Bills_2024', 'Bills_2024 (from old.example 2)', 'Bills_2024 (from old.example)'])
    await expectApart()
  })

  test('also where names lose a blank at their end', async () => {
    for (const name of names) source.put(`Notes/${name}.txt`, `${name} own`)
    for (const name of names) source.put(`Notes /${name}.txt`, `${name} blank`)

    await move()

    expect(destination.tree()).toMatchObject({ 'Notes/a.txt': 'a own', 'Notes (from old.example)/a.txt': 'a blank' })
    await expectApart()
  })

  test('one of them takes the folder that is there already', async () => {
    destination.folder('Bills_2024')

    expect((await move()).refused).toEqual([])

    await expectApart()
  })

  test('stay apart when files come into them later', async () => {
    await move()
    for (const folder of folders) for (const name of names) source.put(`${folder}/later ${name}.txt`, `l ${name} ${folder.slice(5, 6)}`)

    expect((await move()).refused).toEqual([])

    await expectApart()
  })

  test('and from a folder that has that name from the beginning, but came to the source later', async () => {
    await move()
    for (const name of names) source.put(`Bills_2024/${name}.txt`, `${name} later`)

    expect((await move()).refused).toEqual([])

    await expectApart()
  })

  test('a second move that knows nothing of the first finds each of them again', async () => {
    await move()
    const once = destination.tree()
    anew()

    expect(await move()).toMatchObject({ moved: 0, refused: [] })

    expect(destination.tree()).toEqual(once)
  })

  test.each(['before', 'after'] as const)('stay apart when the run is killed %s any request', async (when) => {
    const begin = destination
    for (let request = 1, killed = true; killed; request++) {
      destination = strict()
      destination.folder(request % 2 === 0 ? 'Bills_2024' : 'Bills_2024 (from old.example)')
      anew()
      killed = await inContext(async () => {
        using context = contextFor({ source, destination, journal: journal.path })
        return await withMishaps(context, [source, destination], { kill: request, when }, async () => await files.run(context))
      })
      await move()
      await expectApart()
    }
    expect(begin.requests).toEqual([])
  })
})

test('files that get the same name, with the same content and time, are two; changing one changes one', async () => {
  const more = { mtime: 1_600_000_000 }
  for (const name of ['a:b.txt', 'a?b.txt', 'a*b.txt']) source.put(name, 'same', more)
  await move()
  await expectApart()

  source.put('a?b.txt', 'other', more)
  await move()

  expect(contents(destination)).toEqual(['other', 'same', 'same'])
})

test('two folders that became one in the journal of an earlier version: their files are never sent to one path by bulk', async () => {
  for (const folder of folders.slice(0, 2)) source.put(`${folder}/first.txt`, folder.slice(5))
  await move()
  await inContext(async ({ journal }) => {
    const item = journal.get('files', 'Bills?2024')
    await Promise.resolve(journal.put('files', { ...item!, state: 'there', destinationKey: 'Bills_2024' }))
  })
  for (const folder of folders.slice(0, 2)) for (const name of names) source.put(`${folder}/${name}.txt`, `${name} ${folder.slice(5)}`)

  await move()

  expect(contents(destination)).toEqual(contents(source))
  expect([...destination.versions]).toEqual([])
})
