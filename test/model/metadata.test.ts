import { describe, expect, it } from 'vitest'
import { withCondition, type Condition } from '../../src/model/metadata.ts'

const before = new Date('2026-11-24T04:00:00.000Z')
const now = new Date('2026-11-24T05:00:00.000Z')
const ready = (status: Condition['status'], message = 'm') => ({ type: 'Ready', status, reason: 'Checked', message })

describe('withCondition', () => {
  it('adds a condition with the time of now', () => {
    expect(withCondition([], ready('True'), now)).toEqual([{ ...ready('True'), lastTransitionTime: now.toISOString() }])
  })

  it('keeps the time while the status stays, and takes the new message', () => {
    const old = withCondition([], ready('True', 'old'), before)

    expect(withCondition(old, ready('True', 'new'), now)).toEqual([{ ...ready('True', 'new'), lastTransitionTime: before.toISOString() }])
  })

  it('moves the time when the status changes, keeps place and neighbours, and changes nothing it was given', () => {
    const pool = { ...ready('True'), type: 'PoolWithinLimit' }
    const old = withCondition(withCondition([], ready('True'), before), pool, before)
    const copy = structuredClone(old)
    const next = withCondition(old, ready('False'), now)

    expect(next.map(({ type, status, lastTransitionTime }) => [type, status, lastTransitionTime])).toEqual([
      ['Ready', 'False', now.toISOString()],
      ['PoolWithinLimit', 'True', before.toISOString()],
    ])
    expect(old).toEqual(copy)
  })
})
