import { assert, constantFrom, nat, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatSize, parseSize } from '../../src/kit/bytes.ts'

describe('parseSize', () => {
  it.each([
    ['40 GB', 40e9],
    ['50 MB', 50e6],
    ['512 MiB', 512 * 2 ** 20],
    ['1.5 GiB', 1.5 * 2 ** 30],
    ['1,5 GB', 1.5e9],
    ['2TB', 2e12],
    ['  7 kb ', 7000],
    ['3 g', 3e9],
    ['10 B', 10],
    ['0 GB', 0],
    ['1.024 kB', 1024],
  ])('reads %j', (text, bytes) => {
    expect(parseSize(text)).toEqual({ ok: true, bytes })
  })

  it.each([
    ['40', '"40" has no unit; write "40 GB" (or MB, TB, MiB, GiB, TiB)'],
    ['40 GP', '"GP" is not a unit; allowed: B, kB, MB, GB, TB, KiB, MiB, GiB, TiB'],
    ['', '"" is not a size; write a number and a unit, for example "40 GB"'],
    ['-1 GB', '"-1 GB" is not a size'],
    ['GB', '"GB" is not a size'],
    ['1e3 GB', '"1e3 GB" is not a size'],
    ['1 000 GB', '"1 000 GB" is not a size'],
    ['99999999 TB', '"99999999 TB" is too large'],
    ['1,000 MB', '"1,000 MB" can be read in two ways; write "1000 MB" or "1.000 MB"'],
    ['4 constructor', '"constructor" is not a unit'],
  ])('refuses %j with a reason', (text, reason) => {
    const parsed = parseSize(text)

    expect(parsed.ok).toBe(false)
    expect(parsed).toHaveProperty('reason', expect.stringContaining(reason))
  })

  it('reads every whole number with every unit exactly, in any case', () => {
    const factors = { b: 1, KB: 1e3, Mb: 1e6, gB: 1e9, tb: 1e12, kIb: 2 ** 10, MIB: 2 ** 20, gib: 2 ** 30, TiB: 2 ** 40 }
    const exact = property(nat(5000), constantFrom(...Object.entries(factors)), (number, [unit, factor]) => bytesOf(`${number} ${unit}`) === number * factor)

    expect(() => assert(exact)).not.toThrow()
  })

  it('answers every text without throwing', () => {
    expect(() => assert(property(string(), (text) => typeof parseSize(text).ok === 'boolean'))).not.toThrow()
  })
})

describe('formatSize', () => {
  it.each([
    [40e9, '40 GB'],
    [1.5e9, '1.5 GB'],
    [512_000, '512 kB'],
    [999, '999 B'],
    [0, '0 B'],
    [999_950, '1 MB'],
    [-2.5e6, '-2.5 MB'],
    [2 ** 30, '1.1 GB'],
    [5e15, '5000 TB'],
  ])('writes %d as %j', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text)
  })

  it('is read back within half a step of its last digit', () => {
    const near = property(nat(1e15), (bytes) => Math.abs(bytesOf(formatSize(bytes)) - bytes) <= bytes * 0.05)

    expect(() => assert(near, { numRuns: 1000 })).not.toThrow()
  })

  it('grows with the number', () => {
    const ordered = property(nat(1e15), nat(1e15), (a, b) => bytesOf(formatSize(Math.min(a, b))) <= bytesOf(formatSize(Math.max(a, b))))

    expect(() => assert(ordered, { numRuns: 1000 })).not.toThrow()
  })
})

function bytesOf(text: string): number {
  const parsed = parseSize(text)
  return parsed.ok ? parsed.bytes : Number.NaN
}
