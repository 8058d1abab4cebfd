import { describe, expect, test } from 'vitest'
import type { Account } from '../../src/engine/contract.ts'
import { planEvacuation, type DestinationNow, type EvacuationPlan, type PlanInput } from '../../src/evacuation/plan.ts'
import { groupsFor } from '../../src/evacuation/groups.ts'

const account = (userId: string, more: Partial<Account> = {}): Account => ({
  userId, displayName: userId, email: `${userId}@a.example`, enabled: true, administrator: false, createdAt: undefined, quotaBytes: undefined, ...more,
})
const there = (space: string, more: Partial<DestinationNow> = {}): DestinationNow => ({ space, release: '34.0.1', cap: 10, usedBytes: 0, reserveBytes: 0, poolBytes: 1e9, accounts: [account('admin', { email: 'other@b.example' })], ...more })

function plan(accounts: readonly Account[], destinations: readonly DestinationNow[], more: Partial<PlanInput> = {}): EvacuationPlan {
  return planEvacuation({ source: { space: 'old', release: '32.0.1', accounts }, bytes: new Map(accounts.map(({ userId }, index) => [userId, (index + 1) * 100e6])), destinations, known: [], ...more })
}
const seats = ({ seats }: EvacuationPlan): string[] => seats.map(({ from, to, space, create }) => `${from} ${space}/${to} ${create ? 'new' : 'there'}`)

describe('who goes where', () => {
  test('keeps the id; beside another person of that id; into the account that the person has there', () => {
    const found = plan([account('lou'), account('admin'), account('sam')], [there('new', { accounts: [account('admin', { email: 'other@b.example' }), account('Sam', { email: 'SAM@a.example' })] })])

    expect(seats(found)).toEqual(['lou new/lou new', 'admin new/admin-old new', 'sam new/sam there'])
    expect(found.problems).toEqual([])
  })

  test('disabled ones, and those who cannot be invited, stay and are named', () => {
    const found = plan([account('lou'), account('off', { enabled: false }), account('mute', { email: undefined })], [there('new')])

    expect(seats(found)).toEqual(['lou new/lou new'])
    expect(found.left.map(({ userId }) => userId)).toEqual(['off', 'mute'])
  })

  test('all together where one destination holds all; else each where there is room, the largest first', () => {
    const people = ['a', 'b', 'c'].map((id) => account(id))

    expect(seats(plan(people, [there('small', { poolBytes: 500e6 }), there('large')]))).toEqual(['a large/a new', 'b large/b new', 'c large/c new'])
    expect(seats(plan(people, [there('one', { poolBytes: 400e6 }), there('two', { poolBytes: 400e6 })]))).toEqual(['a one/a new', 'b two/b new', 'c one/c new'])
  })

  test('what an earlier run has decided stays', () => {
    const earlier = plan([account('lou')], [there('one')]).seats
    const found = plan([account('lou'), account('sam')], [there('two'), there('one', { accounts: [account('lou')] })], { known: earlier })

    expect(seats(found)).toEqual(['lou one/lou new', 'sam two/sam new'])
    expect(found.destinations.map(({ space, newAccounts }) => [space, newAccounts])).toEqual([['two', 1], ['one', 0]])
  })
})

describe('what does not fit is said with numbers', () => {
  test('accounts', () => {
    expect(plan([account('lou'), account('sam')], [there('new', { cap: 2 })]).problems).toEqual(['"new" has room for 2 accounts: 1 are in use and 2 would come; 1 too many'])
  })

  test('bytes, with what stays free', () => {
    const found = plan([account('lou'), account('sam')], [there('new', { poolBytes: 400e6, usedBytes: 50e6, reserveBytes: 100e6 })])

    expect(found.problems).toEqual(['"new" has a pool of 400 MB: 50 MB are in use, 300 MB would come and 100 MB stay free; 50 MB are missing'])
  })

  test('a space that is over its cap already takes the accounts that people have there', () => {
    expect(plan([account('lou')], [there('new', { cap: 1, accounts: [account('lou'), account('admin')] })]).problems).toEqual([])
  })
})

test('groups get the members who go to that space, under their new ids', () => {
  const found = plan([account('admin'), account('lou')], [there('new')])

  expect(groupsFor([{ id: 'jardin', members: ['lou', 'admin', 'gone'] }, { id: 'empty', members: ['gone'] }], found.seats)).toEqual([{ id: 'jardin', members: ['lou', 'admin-old'] }])
})
