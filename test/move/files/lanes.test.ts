import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chunkFor, laneOf, narrowed, startLimits, tasksOf, type Limits } from '../../../src/move/files/lanes.ts'
import { partsOf } from '../../../src/move/files/ranged.ts'
import type { Item } from '../../../src/move/journal.ts'

const mebibyte = 2 ** 20

function item(key: string, bytes: number, extra: Record<string, unknown> = {}): Item {
  const nothing = { destinationKey: undefined, destinationId: undefined, destinationMark: undefined, reason: undefined, next: undefined }
  return { key, state: 'found', sourceId: key, sourceMark: 'e', bytes, extra: { mtime: 1, ...extra }, pass: 1, ...nothing }
}

describe('the lane of a file', () => {
  test.each([
    [0, 'packed'],
    [5 * mebibyte, 'packed'],
    [5 * mebibyte + 1, 'streamed'],
    [100 * mebibyte, 'streamed'],
    [100 * mebibyte + 1, 'streamed'],
  ])('%d bytes: %s', (bytes, lane) => {
    expect(laneOf(item('a', bytes), startLimits)).toBe(lane)
  })

  test('a large file that did not come through in one request goes in parts, and so do those that are larger than what may be tried', () => {
    const large = 100 * mebibyte + 1
    expect(laneOf(item('a', large, { tried: true }), startLimits)).toBe('ranged')
    expect(laneOf(item('a', large - 1, { tried: true }), startLimits)).toBe('streamed')
    expect(laneOf(item('a', large), { ...startLimits, triedMost: large })).toBe('streamed')
    expect(laneOf(item('a', large), { ...startLimits, triedMost: large - 1 })).toBe('ranged')
  })

  test('folders have their own, and an upload that was begun goes on in parts', () => {
    expect(laneOf(item('a', 0, { folder: true }), startLimits)).toBe('folder')
    expect(laneOf(item('a', 5, { upload: { id: 'x', path: 'a', chunk: 3, etag: 'e' } }), startLimits)).toBe('ranged')
  })
})

const files = fc.array(fc.record({ folder: fc.constantFrom('a', 'b', 'b/c', 'd'), bytes: fc.nat({ max: 3 * mebibyte }) }), { maxLength: 400 })
const limits: fc.Arbitrary<Limits> = fc.record({
  zip: fc.constant(true),
  bulk: fc.constant(true),
  packedMost: fc.integer({ min: 1, max: mebibyte }),
  batchMost: fc.integer({ min: mebibyte, max: 8 * mebibyte }),
  batchFiles: fc.integer({ min: 1, max: 300 }),
  wholeMost: fc.constant(2 * mebibyte),
  triedMost: fc.constant(2 * mebibyte),
  chunkMost: fc.constant(mebibyte),
})

test('batches hold each file once, in order, within the bounds', () => {
  fc.assert(
    fc.property(files, limits, (wanted, bounds) => {
      const items = wanted.map(({ folder, bytes }, index) => item(`${folder}/${String(index).padStart(4, '0')}`, bytes)).toSorted((a, b) => (a.key < b.key ? -1 : 1))
      const tasks = [...tasksOf(items, () => bounds)]
      expect(tasks.flatMap((task) => task.items.map(({ key }) => key)).toSorted()).toEqual(items.map(({ key }) => key).toSorted())
      for (const { lane, items: together } of tasks) {
        expect(together.length).toBeGreaterThan(0)
        expect(together.map(({ key }) => key)).toEqual(together.map(({ key }) => key).toSorted())
        expect(together.length).toBeLessThanOrEqual(lane === 'packed' ? bounds.batchFiles : 1)
        expect(together.length === 1 || together.reduce((sum, { bytes }) => sum + bytes, 0) <= bounds.batchMost).toBe(true)
      }
    }),
  )
})

test('a batch that is half full ends where another folder begins', () => {
  const items = [...Array.from({ length: 60 }, (_, index) => item(`a/${100 + index}`, 1)), ...Array.from({ length: 60 }, (_, index) => item(`b/${100 + index}`, 1))]
  const sizes = [...tasksOf(items, () => ({ ...startLimits, batchFiles: 100 }))].map((task) => task.items.length)
  expect(sizes).toEqual([60, 60])
})

test('parts cover the file without gap or overlap, in at most 10,000', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 45 }), fc.integer({ min: mebibyte, max: 100 * mebibyte }), (bytes, most) => {
      const chunk = chunkFor(bytes, most)
      const parts = partsOf(bytes, chunk)
      expect(parts.length).toBeLessThanOrEqual(10_000)
      expect(parts.at(0)?.from).toBe(0)
      expect(parts.at(-1)?.to).toBe(bytes)
      expect(parts.every(({ from, to }, index) => to > from && from === (parts[index - 1]?.to ?? 0))).toBe(true)
    }),
    { numRuns: 30 },
  )
})

describe('bodies that are too large for what stands before a server', () => {
  test('each refusal halves what is tried, down to a quarter of a megabyte', () => {
    const tried: number[] = []
    let now: Limits | undefined = { ...startLimits, batchMost: 4 * mebibyte }
    for (let body = now.batchMost; now !== undefined; body = now.batchMost) {
      tried.push(body)
      now = narrowed(now, body)
      if (now === undefined) break
    }
    expect(tried).toEqual([4, 2, 1, 0.5, 0.25].map((size) => size * mebibyte))
  })

  test('larger files then go in parts', () => {
    const learned = narrowed(startLimits, 3 * mebibyte)
    expect(learned).toMatchObject({ wholeMost: 1.5 * mebibyte, chunkMost: 1.5 * mebibyte, packedMost: 1.5 * mebibyte })
    expect(laneOf(item('a', 2 * mebibyte), learned ?? startLimits)).toBe('ranged')
  })
})
