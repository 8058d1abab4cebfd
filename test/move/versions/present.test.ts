import { describe, expect, test } from 'vitest'
import type { Item } from '../../../src/move/journal.ts'
import { isOurs } from '../../../src/move/trash/carry.ts'
import { trashItem } from '../../../src/move/trash/facts.ts'
import { itemFor } from '../../../src/move/versions/ask.ts'
import { withFacts } from '../../../src/move/versions/facts.ts'
import { standingOf } from '../../../src/move/versions/present.ts'

const file: Item = {
  key: 'plan.odt', state: 'moved', sourceId: '7', sourceMark: 'e1', destinationKey: 'plan.odt', destinationId: '70', destinationMark: 'd1', bytes: 5, extra: { mtime: 3000 }, reason: undefined, next: undefined, pass: 1,
}
const old = (stamp: number, size: number): Item => {
  const item = itemFor(file, { stamp, size, label: undefined }, undefined)
  if (item === undefined) throw new Error('nothing to carry')
  return withFacts(item, { state: 'writing', destinationKey: 'plan.odt', destinationMark: 'd1' }, { present: { mtime: 3000, size: 5 } })
}

describe('what stands in a file while its old contents are written', () => {
  const writing = [old(1000, 3), old(2000, 4)]

  test.each([
    ['same', { etag: 'd1', mtime: 3000, size: 5, folder: false }],
    ['restored', { etag: 'd9', mtime: 3000, size: 5, folder: false }],
    ['old', { etag: 'd2', mtime: 2000, size: 4, folder: false }],
    ['theirs', { etag: 'd2', mtime: 2000, size: 3, folder: false }],
    ['theirs', { etag: 'd2', mtime: 9000, size: 4, folder: false }],
    ['gone', { etag: 'd2', mtime: 2000, size: 4, folder: true }],
    ['gone', undefined],
  ] as const)('%s', (standing, entry) => {
    expect(standingOf(writing, entry)).toBe(standing)
  })
})

describe('what is carried of a list of versions', () => {
  test('not the present content, unless it has a name; not an empty one, of which servers keep none', () => {
    expect(itemFor(file, { stamp: 3000, size: 5, label: undefined }, undefined)).toBeUndefined()
    expect(itemFor(file, { stamp: 1000, size: 0, label: undefined }, undefined)).toBeUndefined()
    expect(itemFor(file, { stamp: 3000, size: 5, label: 'final' }, undefined)).toMatchObject({ state: 'found', bytes: 0, extra: { current: true, label: 'final' } })
  })

  test('a moved one stays so; another name is set again', () => {
    const moved = withFacts(old(1000, 3), { state: 'moved' }, { label: 'a', labelled: true })

    expect(itemFor(file, { stamp: 1000, size: 3, label: 'a' }, moved)).toMatchObject({ state: 'moved', extra: { labelled: true } })
    expect(itemFor(file, { stamp: 1000, size: 3, label: 'b' }, moved)?.extra).not.toHaveProperty('labelled')
  })
})

describe('what stands where something deleted was being uploaded', () => {
  const item = trashItem({ path: 'a.txt.d5', folder: false, fileId: '9', size: 3, mtime: 2000, location: 'a.txt', deletedAt: 5 })

  test('as announced it is ours; with a known id only that is', () => {
    const entry = { fileId: '80', folder: false, size: 3, mtime: 2000 }
    expect(isOurs(item, entry)).toBe(true)
    expect(isOurs(item, { ...entry, mtime: 2001 })).toBe(false)
    expect(isOurs(item, { ...entry, folder: true })).toBe(false)
    expect(isOurs({ ...item, destinationId: '81' }, entry)).toBe(false)
    expect(isOurs({ ...item, destinationId: '80' }, { ...entry, size: 4 })).toBe(true)
  })
})
