import { afterEach, beforeEach, expect, test } from 'vitest'
import type { KindTally, MoveContext, Side } from '../../../src/move/contract.ts'
import { trash } from '../../../src/move/trash/index.ts'
import { contextFor, journalPath } from '../support/context.ts'
import { FakeTrash } from '../support/fake-trash.ts'
import { MemoryFiles } from '../support/memory-files.ts'

let destination: MemoryFiles
let thrownAway: FakeTrash
let journal: ReturnType<typeof journalPath>

beforeEach(() => {
  destination = new MemoryFiles()
  thrownAway = new FakeTrash()
  journal = journalPath()
})
afterEach(() => journal[Symbol.dispose]())

const theirs = { permissions: 'SRGDNVCK', mountType: 'shared' }
const withTrash = (side: Side, { send }: FakeTrash): Side => ({ ...side, remote: { ...side.remote, send, facts: { ...side.remote.facts, capabilities: { files: { undelete: true } } } } })

async function move(): Promise<KindTally> {
  using context = contextFor({ source: new MemoryFiles(), destination, journal: journal.path })
  const both: MoveContext = { ...context, source: withTrash(context.source, thrownAway), destination: withTrash(context.destination, new FakeTrash()) }
  return await trash.run(both)
}
/** Paths to which something was written or made. */
const written = (): string[] => destination.requests.filter(({ name }) => name === 'write' || name === 'mkcol').map(({ path }) => path)

test('what was deleted goes through its own place, and the folder made for it goes again', async () => {
  thrownAway.throwAway('Projects/plan.odt', 'secret')

  expect(await move()).toMatchObject({ moved: 1, refused: [] })
  expect(written()).toEqual(['Projects', 'Projects/plan.odt'])
  expect(destination.trash).toEqual([{ path: 'Projects/plan.odt', content: Buffer.from('secret') }])
  expect(destination.tree()).toEqual({})
})

test.each([
  ['shared by others', 'Projects', 'Projects/plan.odt', 'Projects (from old.example)/plan.odt'],
  ['shared by others, further up', 'Projects', 'Projects/sub/plan.odt', 'Projects (from old.example)/sub/plan.odt'],
  ['shared by others into an own one', 'Own/Projects', 'Own/Projects/plan.odt', 'Own/Projects (from old.example)/plan.odt'],
])('nothing deleted is put into a folder %s', async (_what, folder, location, place) => {
  destination.folder(folder, theirs)
  const before = destination.tree()
  thrownAway.throwAway(location, 'secret')

  expect(await move()).toMatchObject({ moved: 1, refused: [] })
  expect(written().filter((path) => path.startsWith(`${folder}/`))).toEqual([])
  expect(destination.trash).toEqual([{ path: place, content: Buffer.from('secret') }])
  expect(destination.tree()).toEqual(before)
})

test('a folder beside theirs that is the account’s own already is used, and stays', async () => {
  destination.folder('Projects', theirs)
  destination.put('Projects (from old.example)/kept.txt', 'kept')
  const before = destination.tree()
  thrownAway.throwAway('Projects/plan.odt', 'secret')

  expect(await move()).toMatchObject({ moved: 1 })
  expect(destination.trash.map(({ path }) => path)).toEqual(['Projects (from old.example)/plan.odt'])
  expect(destination.tree()).toEqual(before)
})

test('a folder that others share just before it is made is not filled, nor taken away; the next run puts it beside', async () => {
  thrownAway.throwAway('Projects/plan.odt', 'secret')
  destination.hook = (when, { name, path }) => {
    if (when === 'before' && name === 'mkcol' && path === 'Projects') destination.folder('Projects', theirs)
  }

  expect(await move()).toMatchObject({ moved: 0, refused: [{ reason: 'somebody else has made the folder "Projects"' }] })
  expect(await move()).toMatchObject({ moved: 1, refused: [] })
  expect(written().filter((path) => path.startsWith('Projects/'))).toEqual([])
  expect(destination.tree()).toEqual({ 'Projects/': '' })
})

test('a folder that others share after a run ended in the middle is neither filled nor taken away', async () => {
  thrownAway.throwAway('Projects/plan.odt', 'secret')
  destination.hook = (when, { name }) => {
    if (when === 'before' && name === 'mkcol') throw new Error('killed')
  }
  await expect(move()).rejects.toThrow('killed')
  destination.hook = () => undefined
  destination.folder('Projects', theirs)

  expect(await move()).toMatchObject({ moved: 1, refused: [] })
  expect(destination.trash.map(({ path }) => path)).toEqual(['Projects (from old.example)/plan.odt'])
  expect(destination.tree()).toEqual({ 'Projects/': '' })
})
