import { expect, test } from 'vitest'
import { nextFree } from '../../src/move/allowance.ts'

const minute = 60_000
const limit = { most: 3, periodMs: 10 * minute }

test('one more may be tried when the first of the last few leaves the period', () => {
  const times = [0, 2 * minute, 3 * minute, 4 * minute]
  expect(nextFree(times, limit, 5 * minute)).toBe(2 * minute + limit.periodMs + 5_000)
})

test('where this move has not used it up, it is tried again in tenths of the period', () => {
  expect(nextFree([], limit, 5 * minute)).toBe(6 * minute)
  expect(nextFree([1 * minute, 2 * minute], limit, 5 * minute)).toBe(6 * minute)
})

test('what lies behind a whole period counts no more', () => {
  expect(nextFree([0, 0, 0], limit, 30 * minute)).toBe(31 * minute)
})
