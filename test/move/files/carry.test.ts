import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { files } from '../../../src/move/files/index.ts'
import type { KindTally } from '../../../src/move/contract.ts'
import { contextFor, journalPath } from '../support/context.ts'
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

async function move(): Promise<KindTally> {
  using context = contextFor({ source, destination, journal: journal.path })
  return await files.run(context)
}

async function verdict(): Promise<Awaited<ReturnType<typeof files.verify>>> {
  using context = contextFor({ source, destination, journal: journal.path })
  return await files.verify(context)
}

describe('a first pass', () => {
  test('carries folders, small, middle and large files with their times', async () => {
    source.put('notes/a.txt', 'a')
    source.put('notes/b.txt', 'b')
    source.put('notes/deep/er/c.txt', 'c')
    source.put('empty.txt', '')
    source.folder('nothing in it')
    source.put('film.mov', Buffer.alloc(2_000_000, 7))

    const tally = await move()

    expect(tally).toMatchObject({ moved: 9, alreadyThere: 0, refused: [], renamed: [] })
    expect(destination.tree()).toEqual(source.tree())
    expect(destination.times()).toEqual(source.times())
    expect(await verdict()).toMatchObject({ differing: [] })
  })
})
