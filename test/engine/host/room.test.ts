import { describe, expect, test } from 'vitest'
import { judgeRoom, type Room } from '../../../src/engine/host/preflight.ts'

const room = (more: Partial<Room> = {}): Room => ({ promisedBytes: 0, wantedBytes: 40e9, usedBytes: 10e9, physicalBytes: 100e9, isThere: false, ...more })

describe('room for one more pool', () => {
  test('is there while all promises stay within the disk times volumes.overCommit', () => {
    expect(judgeRoom(room({ promisedBytes: 110e9 }), 1.5)).toBeUndefined()
    expect(judgeRoom(room({ promisedBytes: 110e9 + 1 }), 1.5)).toMatchObject({ code: 'no-room-disk', severity: 'error' })
  })

  test('a refusal has the numbers: wanted, promised, used, physical, and how often the disk may be promised', () => {
    const { message = '', fix = '' } = judgeRoom(room({ promisedBytes: 80e9 }), 1) ?? {}

    expect(message).toBe('the disk has no room for a pool of 40 GB: promised to other spaces 80 GB, used 10 GB, physical 100 GB, of which 1 times may be promised (volumes.overCommit)')
    expect(fix).toContain('volumes.overCommit: 1.2 ')
  })

  test('a setting that chaton would not take is not advised', () => {
    expect(judgeRoom(room({ wantedBytes: 20_000e9 }), 1.5)?.fix).not.toContain('overCommit:')
  })

  test('is not there on a disk that something else fills, though little was promised', () => {
    expect(judgeRoom(room({ usedBytes: 60e9 }), 1)).toBeUndefined()
    expect(judgeRoom(room({ usedBytes: 60e9 + 1 }), 1)).toMatchObject({ code: 'no-room-disk', fix: 'add disk, free some, or choose a smaller plan' })
    expect(judgeRoom(room({ usedBytes: 70e9 }), 1.5)).toBeUndefined()
  })

  test('a space that stands already goes on, though the disk is nearly full', () => {
    expect(judgeRoom(room({ usedBytes: 99e9, isThere: true }), 1)).toBeUndefined()
  })
})
