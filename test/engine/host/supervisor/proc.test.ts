import { describe, expect, it } from 'vitest'
import { parseStat, statOf } from '../../../../src/engine/host/supervisor/proc.ts'

describe('parseStat', () => {
  it('counts fields from the last parenthesis of the name', () => {
    const line = '4711 (a) b (c) S 1 4711 4711 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 1 1 0'
    expect(parseStat(line)).toEqual({ pid: 4711, state: 'S', startTime: '987654' })
  })

  it.each(['', 'x (y) S 1', '12 (short) S 1 2 3'])('takes %j for nothing', (line) => {
    expect(parseStat(line)).toBeUndefined()
  })
})

describe('statOf', () => {
  it('knows the living and no other', async () => {
    expect((await statOf(process.pid))?.pid).toBe(process.pid)
    expect(await statOf(2 ** 22 + 1)).toBeUndefined()
  })
})
