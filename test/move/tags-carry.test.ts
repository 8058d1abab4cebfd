import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ChatonError } from '../../src/kit/errors.ts'
import type { MoveContext } from '../../src/move/contract.ts'
import { tags } from '../../src/move/tags/index.ts'
import { newJournal } from './support/accounts.ts'
import { contextFor, type ContextForTest } from './support/context.ts'
import { MemoryFiles } from './support/memory-files.ts'
import { TaggedFiles } from './support/tagged-files.ts'

let journal: ReturnType<typeof newJournal>
let context: ContextForTest
let source: TaggedFiles
let destination: TaggedFiles

beforeEach(() => {
  journal = newJournal()
  const files = new MemoryFiles()
  context = contextFor({ source: files, destination: files, journal: journal.path, manner: 'gentle' })
  source = new TaggedFiles()
  destination = new TaggedFiles()
  source.tags.set('1', 'Urgent').set('2', 'À relire/vite')
  for (const id of [5, 6, 7]) carried(`${id}`, `${id}.txt`)
})
afterEach(() => {
  context[Symbol.dispose]()
  journal[Symbol.dispose]()
})

/** A file that is at the destination, with a ten times greater id. */
function carried(id: string, path: string): void {
  source.files.set(id, path)
  destination.files.set(`${id}0`, path)
  context.journal.put('files', { key: path, state: 'moved', sourceId: id, sourceMark: '', destinationKey: path, destinationId: `${id}0`, destinationMark: 'e', bytes: 0, extra: {}, reason: undefined, next: undefined, pass: 1 })
}

const of = (side: 'source' | 'destination', { send }: TaggedFiles) => ({ ...context[side], remote: { ...context[side].remote, send } })
const move = (): MoveContext => ({ ...context, source: of('source', source), destination: of('destination', destination) })
const names = () => [...destination.relations].map((one) => `${one.split('/')[0] ?? ''} ${destination.tags.get(one.split('/')[1] ?? '') ?? ''}`).toSorted()

describe('tags', () => {
  test('are made and set; nothing is left to do then', async () => {
    for (const one of ['5/1', '6/1', '6/2']) source.relations.add(one)

    expect(await tags.run(move())).toEqual({ moved: 3, alreadyThere: 0, refused: [] })
    expect(names()).toEqual(['50 Urgent', '60 Urgent', '60 À relire/vite'])
    expect(await tags.verify(move())).toEqual({ checked: 3, differing: [] })

    const before = context.journal.fingerprint()
    await tags.run(move())
    expect(context.journal.fingerprint()).toBe(before)
  })

  test.each([1, 2, 3])('are all ours after a kill behind number %i', async (killed) => {
    for (const one of ['5/1', '6/1', '7/1']) source.relations.add(one)
    destination.stored = () => {
      if (destination.relations.size === killed) throw new ChatonError('interrupted', 'killed')
    }
    await expect(tags.run(move())).rejects.toThrow('killed')
    destination.stored = () => undefined

    expect(await tags.run(move())).toMatchObject({ moved: 3, alreadyThere: 0 })
    source.relations.clear()
    await tags.run(move())
    expect(names()).toEqual([])
  })

  test('that people set at the destination stay when they are gone from the source', async () => {
    destination.tags.set('1', 'Urgent')
    destination.relations.add('50/1')
    for (const one of ['5/1', '6/1']) source.relations.add(one)

    expect(await tags.run(move())).toMatchObject({ moved: 1, alreadyThere: 1 })
    source.relations.clear()
    await tags.run(move())

    expect(names()).toEqual(['50 Urgent'])
  })

  test('are refused where nobody may make one, and where the file was not carried', async () => {
    destination.closed = true
    source.files.set('9', 'left.txt')
    for (const one of ['5/1', '9/1']) source.relations.add(one)

    expect((await tags.run(move())).refused).toEqual([
      { what: '5.txt (Urgent)', reason: 'the new host has no tag of this name, and lets only administrators make one', next: 'ask the new host to make the tag "Urgent", then run the move again' },
      { what: 'left.txt (Urgent)', reason: 'the file or folder itself was not carried', next: 'see what the report says of the file' },
    ])
    expect((await tags.verify(move())).differing).toEqual([])

    destination.closed = false
    expect(await tags.run(move())).toMatchObject({ moved: 1 })
  })

  test('taken away at the destination are found by the comparison', async () => {
    source.relations.add('5/1')
    await tags.run(move())
    destination.relations.clear()

    expect((await tags.verify(move())).differing).toEqual([{ what: '5.txt (Urgent)', reason: 'it has the tag at the source and not at the destination', next: 'run the move again' }])
  })
})
