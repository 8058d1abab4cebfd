import { describe, expect, test } from 'vitest'
import { judgePlanChange } from '../../src/spaces/plan-change.ts'
import { isOutdated, planChange } from '../../src/spaces/plans.ts'
import type { Stored } from '../../src/store/contract.ts'
import type { Plan } from '../../src/model/plan.ts'
import type { Space } from '../../src/model/space.ts'
import { aPlan, aSpace, aUsage } from '../support/builders.ts'

const used = (usedBytes: number, accounts = 1): Space => aSpace({ status: { phase: 'Ready', conditions: [], usage: aUsage({ usedBytes, accounts, trashBytes: 2e9 }) } })

describe('a plan for a space that is in use', () => {
  test('a larger plan is fine', () => {
    expect(judgePlanChange(used(39e9), aPlan('collective-50', { storage: '50 GB' }))).toEqual([])
  })

  test('a plan smaller than what is used is refused with the numbers', () => {
    const [finding] = judgePlanChange(used(7.5e9), aPlan('person-5', { storage: '5 GB', accounts: 1 }))

    expect(finding).toMatchObject({ code: 'no-room-storage', severity: 'error', message: 'jardin-partage uses 7.5 GB; the plan "person-5" has 5 GB' })
    expect(finding?.fix).toContain('free 2.5 GB')
    expect(finding?.fix).toContain('trash 2 GB')
  })

  test('too many accounts are refused with the numbers', () => {
    const [finding] = judgePlanChange(used(0, 12), aPlan('tiny', { accounts: 5 }))

    expect(finding).toMatchObject({ code: 'no-room-accounts', message: 'jardin-partage has 12 accounts; the plan "tiny" allows 5' })
  })

  test('an office suite in use that the new plan lacks is refused', () => {
    const space = aSpace({ spec: { office: 'onlyoffice' } })

    expect(judgePlanChange(space, aPlan('tiny', { office: [] }))).toMatchObject([{ code: 'bad-office', message: 'jardin-partage: spec.office: "onlyoffice" is not part of the plan "tiny", which offers no office suite' }])
  })

  test('a space never measured is not refused for its storage', () => {
    expect(judgePlanChange(aSpace(), aPlan('tiny', { storage: '1 MB' }))).toEqual([])
  })
})

describe('what applying a plan changes', () => {
  test('a new plan', () => {
    expect(planChange(aPlan(), undefined, [])).toEqual({ plan: 'collective', action: 'create', differences: [], spaces: [] })
  })

  test('the same plan', () => {
    expect(planChange(aPlan(), aPlan(), [aSpace()])).toMatchObject({ action: 'keep', differences: [] })
  })

  test('40 to 50 GB names the field and the live spaces, not those being deleted', () => {
    const leaving = aSpace({ name: 'adieu', status: { phase: 'Deleting', conditions: [] } })

    expect(planChange(aPlan('collective', { storage: '50 GB' }), aPlan(), [aSpace(), leaving, aSpace({ name: 'autre', spec: { plan: 'tiny' } })])).toEqual({
      plan: 'collective',
      action: 'change',
      differences: [{ field: 'storage', before: '40 GB', after: '50 GB' }],
      spaces: ['jardin-partage'],
    })
  })
})

describe('outdated spaces', () => {
  const plan = { ...aPlan(), metadata: { name: 'collective', uid: 'p', resourceVersion: '1', generation: 2, creationTimestamp: '2026-01-01T00:00:00.000Z' } } satisfies Stored<Plan>
  const space = (status: Space['status']): Stored<Space> => ({
    ...aSpace(status === undefined ? {} : { status }),
    metadata: { name: 'jardin-partage', uid: 's', resourceVersion: '1', generation: 3, creationTimestamp: '2026-01-01T00:00:00.000Z' },
  })
  const live = { phase: 'Ready' as const, conditions: [], url: 'http://x', planGeneration: 2, observedGeneration: 3 }

  test.each([
    ['up to date', live, false],
    ['plan changed since', { ...live, planGeneration: 1 }, true],
    ['space changed since', { ...live, observedGeneration: 2 }, true],
    ['never ready', { phase: 'Failed' as const, conditions: [] }, false],
    ['being deleted', { ...live, phase: 'Deleting' as const, planGeneration: 1 }, false],
  ])('%s', (_name, status, expected) => {
    expect(isOutdated(space(status), plan)).toBe(expected)
  })

  test('a space whose plan is gone is left alone', () => {
    expect(isOutdated(space(live), undefined)).toBe(false)
  })
})
