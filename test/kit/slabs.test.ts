import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Slabs, type Slab } from '../../src/kit/slabs.ts'

const mebibyte = 2 ** 20
const settled = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve))

describe('slabs', () => {
  test('memory that was given back is lent again, and two never share any', async () => {
    const slabs = new Slabs(8 * mebibyte)
    const places: number[] = []
    const taken = async (bytes: number): Promise<Slab> => {
      const slab = await slabs.take(bytes)
      places.push(slab.buffer(bytes).byteOffset)
      return slab
    }
    const [first] = [await taken(3 * mebibyte), await taken(2 * mebibyte)]
    first[Symbol.dispose]()
    await taken(4)
    await taken(3 * mebibyte)
    expect(places).toEqual([0, 3 * mebibyte, 0, 5 * mebibyte])
  })

  test('parts of one do not overlap, and what has no room in it has memory of its own', async () => {
    const slab = await new Slabs(mebibyte).take(100)
    const [a, b, c] = [slab.buffer(90), slab.buffer(10), slab.buffer(1)]
    expect([a.byteOffset + a.length, b.buffer === a.buffer, c.buffer === a.buffer]).toEqual([b.byteOffset, true, false])
    slab[Symbol.dispose]()
    expect(slab.buffer(5).buffer).not.toBe(a.buffer)
  })

  test('those who ask for more than is left wait, in their order', async () => {
    const slabs = new Slabs(4 * mebibyte)
    const order: string[] = []
    const asked = async (name: string, bytes: number): Promise<Slab> => {
      const slab = await slabs.take(bytes)
      order.push(name)
      return slab
    }
    const [first, second] = [await asked('first', 2 * mebibyte), asked('large', 4 * mebibyte)]
    const third = asked('small', 1)
    await settled()
    expect(order).toEqual(['first'])
    first[Symbol.dispose]()
    const large = await second
    await settled()
    expect(order).toEqual(['first', 'large'])
    large[Symbol.dispose]()
    large[Symbol.dispose]()
    await third
    expect(order).toEqual(['first', 'large', 'small'])
  })

  test('nothing at all, between others, lets nobody have what another has', async () => {
    const slabs = new Slabs(100)
    const [first, , third] = [await slabs.take(1), await slabs.take(0), await slabs.take(1)]
    expect(third.buffer(1).byteOffset).not.toBe(first.buffer(1).byteOffset)
  })

  test('one that is larger than all of it gets all of it', async () => {
    const slabs = new Slabs(mebibyte)
    using slab = await slabs.take(5 * mebibyte)
    expect([slab.buffer(mebibyte).byteOffset, slab.buffer(4 * mebibyte).length]).toEqual([0, 4 * mebibyte])
  })

  test('whatever comes and goes, all are served, and nobody writes to what another has', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 30 }), async (sizes) => {
        const slabs = new Slabs(1000)
        await Promise.all(
          sizes.map(async (bytes, index) => {
            using slab = await slabs.take(bytes)
            const mine = slab.buffer(bytes).fill(index)
            await settled()
            expect(mine.every((byte) => byte === index)).toBe(true)
          }),
        )
      }),
      { numRuns: 500 },
    )
  })
})
