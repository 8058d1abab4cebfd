import { afterEach, beforeEach, expect, test } from 'vitest'
import type { KindVerdict } from '../../../src/move/contract.ts'
import { files } from '../../../src/move/files/index.ts'
import { contextFor, journalPath, type ContextForTest } from '../support/context.ts'
import { MemoryFiles } from '../support/memory-files.ts'

let source: MemoryFiles
let destination: MemoryFiles
let journal: ReturnType<typeof journalPath>

beforeEach(() => {
  source = new MemoryFiles()
  destination = new MemoryFiles()
  // After all times of the source: what is written there is seen to have been.
  destination.now += 1_000_000
  journal = journalPath()
  for (const name of ['a', 'b', 'c', 'd']) source.put(`more/${name}.txt`, 'as much as there is'.repeat(10))
})
afterEach(() => journal[Symbol.dispose]())

async function inContext<T>(work: (context: ContextForTest) => Promise<T>): Promise<T> {
  using context = contextFor({ source, destination, journal: journal.path })
  return await work(context)
}
const move = async (): Promise<unknown> => await inContext(async (context) => await files.run(context))
const verdict = async (): Promise<KindVerdict> => await inContext(async (context) => await files.verify(context))
const requests = (name: string): string[] => destination.requests.filter((request) => request.name === name).map(({ path }) => path)

test.each<[string, readonly string[], () => void | Promise<void>]>([
  ['a folder renamed and thinned out', ['R1/x', 'R1/y', 'R1/sub/z'], async () => {
    source.rename('R1', 'R2')
    source.drop('R2/x')
    await source.setTimes('R2', { mtime: 1_500_000_000 })
  }],
  ['a folder renamed, and one in it thinned out', ['R1/x', 'R1/sub/y', 'R1/sub/z'], () => {
    source.rename('R1', 'R2')
    source.drop('R2/sub/y')
  }],
  ['a folder renamed that got another time', ['R1/x'], async () => {
    source.rename('R1', 'R2')
    await source.setTimes('R2', { mtime: 1_500_000_000 })
  }],
  ['a folder renamed, and a file moved out of one in it', ['Q1/sub/x', 'Q1/sub/y'], () => {
    source.rename('Q1', 'Q2')
    source.rename('Q2/sub/x', 'Q2/x')
  }],
  ['two folders renamed, of which one lies in the other', ['R1/sub/y', 'R1/sub/z'], () => {
    source.rename('R1', 'R2')
    source.rename('R2/sub', 'R2/other')
    source.drop('R2/other/y')
  }],
  ['two folders that change places', ['A/B/x', 'A/y'], () => {
    source.rename('A/B', 'B')
    source.rename('A', 'B/A')
  }],
])('%s: folders have their times', async (_what, paths, people) => {
  for (const path of paths) source.put(path, path)
  await move()
  await people()
  await move()

  expect(destination.tree()).toEqual(source.tree())
  expect(destination.times()).toEqual(source.times())
})

test('what came along with its folder is not given its time anew', async () => {
  for (const path of ['R1/x', 'R1/sub/y', 'R1/sub/sub/z']) source.put(path, path)
  await move()
  destination.requests.length = 0
  source.rename('R1', 'R2')
  await move()

  expect(requests('times')).toEqual([])
  expect(destination.times()).toEqual(source.times())
})

test('a folder that has another time than at the source is found, and has the right one after the next run', async () => {
  source.put('R/x', 'x')
  await inContext(async (context) => {
    await files.run(context)
    context.journal.setFact('files.finished', '2000000000')
  })
  await destination.setTimes('R', { mtime: 1_600_000_000 })

  expect((await verdict()).differing).toEqual([{ what: 'R', reason: expect.stringMatching(/^its time is .* at the source/) as string, next: 'run the move again' }])
  await move()

  expect(destination.times()).toEqual(source.times())
})
