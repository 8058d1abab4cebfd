import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SpaceUsage } from '../../src/engine/contract.ts'
import { decideQuotas, reserveFor, totalBytesOf, type QuotaDecision, type QuotaInput } from '../../src/spaces/quota.ts'

const megabyte = 1_000_000
const bytes = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max })

interface Person {
  userId: string
  enabled: boolean
  quotaBytes: number | undefined
  filesBytes: number
  versionsBytes: number
  trashBytes: number
  otherBytes: number
  growth: number
}

const person = (size: number): fc.Arbitrary<Person> =>
  fc.record({
    userId: fc.string({ minLength: 1, maxLength: 12 }),
    enabled: fc.boolean(),
    quotaBytes: fc.option(bytes(size * 2), { nil: undefined }),
    filesBytes: bytes(size),
    versionsBytes: bytes(size / 10),
    trashBytes: bytes(size / 10),
    otherBytes: bytes(size / 100),
    growth: fc.oneof(fc.constant(0), bytes(size), fc.double({ min: 0, max: size, noNaN: true })),
  })

const input: fc.Arbitrary<QuotaInput> = fc
  .constantFrom(1000, 100 * megabyte, 40_000 * megabyte, 500_000_000 * megabyte)
  .chain((poolBytes) =>
    fc.record({
      poolBytes: fc.constant(poolBytes),
      people: fc.uniqueArray(person(Math.ceil(poolBytes / 10)), { selector: ({ userId }) => userId, maxLength: 60 }),
      overCommitment: fc.oneof(fc.constant(1), fc.double({ min: 1, max: 10, noNaN: true })),
      ahead: bytes(Math.ceil(poolBytes / 5)),
      churnBytes: fc.oneof(fc.constant(0), bytes(poolBytes)),
      appDataBytes: bytes(Math.ceil(poolBytes / 20)),
    }),
  )
  .map(({ people, ahead, appDataBytes, ...rest }) => inputOf(people, { ...rest, appDataBytes, ahead }))

function inputOf(people: Person[], rest: Partial<QuotaInput> & { poolBytes: number; ahead?: number; appDataBytes?: number }): QuotaInput {
  const { ahead = 0, appDataBytes = 0, ...given } = rest
  const accounts = people.map(({ userId, filesBytes, versionsBytes, trashBytes, otherBytes }) => ({ userId, filesBytes, versionsBytes, trashBytes, otherBytes }))
  const usage: SpaceUsage = { accounts, appDataBytes, totalBytes: 0, exact: true }
  return {
    reserveBytes: reserveFor(rest.poolBytes),
    overCommitment: 1,
    churnBytes: 0,
    accounts: people.map(({ userId, enabled, quotaBytes }) => ({ userId, enabled, quotaBytes })),
    growth: new Map(people.map(({ userId, growth }) => [userId, growth])),
    ...given,
    usage: { ...usage, totalBytes: totalBytesOf(usage) + ahead },
  }
}

const plain = (userId: string, changed: Partial<Person> = {}): Person => ({
  userId,
  enabled: true,
  quotaBytes: undefined,
  filesBytes: 0,
  versionsBytes: 0,
  trashBytes: 0,
  otherBytes: 0,
  growth: 0,
  ...changed,
})
const people = (count: number, changed: (index: number) => Partial<Person> = () => ({})): Person[] =>
  Array.from({ length: count }, (_, index) => plain(`user-${String(index).padStart(2, '0')}`, changed(index)))

const filesOf = ({ usage }: QuotaInput): Map<string, number> => new Map(usage.accounts.map(({ userId, filesBytes }) => [userId, filesBytes]))
const enabledOf = ({ accounts }: QuotaInput): Set<string> => new Set(accounts.filter(({ enabled }) => enabled).map(({ userId }) => userId))
/** The quotas that are in force once `changes` were written. */
const applied = (given: QuotaInput, { changes }: QuotaDecision): QuotaInput => ({
  ...given,
  accounts: given.accounts.map((account) => ({ ...account, quotaBytes: changes.get(account.userId) ?? account.quotaBytes })),
})
/** What accounts may write, as Nextcloud reckons it from the quotas in force. */
const mayWrite = (given: QuotaInput): number =>
  given.accounts
    .filter(({ enabled }) => enabled)
    .reduce((sum, { userId, quotaBytes }) => sum + Math.max(0, (quotaBytes ?? Infinity) - (filesOf(given).get(userId) ?? 0)), 0)

describe('quotas: what always holds', () => {
  const options = { numRuns: 1000 }

  test('what all may still write is within what is left', () => {
    fc.assert(
      fc.property(input, (given) => {
        const decision = decideQuotas(given)
        const written = mayWrite(applied(given, decision))
        expect(written).toBeLessThanOrEqual(decision.leftBytes * given.overCommitment)
        expect(written).toBe(decision.promisedBytes)
        expect(decision.totalBytes + decision.leftBytes).toBeLessThanOrEqual(Math.max(given.poolBytes - given.reserveBytes, decision.totalBytes))
      }),
      options,
    )
  })

  test('every account gets a quota of whole bytes, never negative, and disabled ones no room', () => {
    fc.assert(
      fc.property(input, (given) => {
        const decision = decideQuotas(given)
        expect(decision.accounts.map(({ userId }) => userId).toSorted()).toEqual(given.accounts.map(({ userId }) => userId).toSorted())
        const files = filesOf(given)
        for (const { userId, quotaBytes, headroomBytes } of decision.accounts) {
          expect(Number.isSafeInteger(quotaBytes) && quotaBytes >= 0).toBe(true)
          expect(headroomBytes).toBeGreaterThanOrEqual(0)
          const room = Math.max(0, quotaBytes - (files.get(userId) ?? 0))
          expect(room).toBe(enabledOf(given).has(userId) ? headroomBytes : 0)
        }
      }),
      options,
    )
  })

  test('nobody starves: each enabled account keeps a part of an even share', () => {
    fc.assert(
      fc.property(input, (given) => {
        const decision = decideQuotas(given)
        const count = enabledOf(given).size
        const least = Math.floor(((decision.leftBytes * 0.95 - 2) * 0.25) / Math.max(1, count) - 1) * 0.75
        const rooms = decision.accounts.filter(({ userId }) => enabledOf(given).has(userId)).map(({ headroomBytes }) => headroomBytes)
        expect(Math.min(...rooms, Infinity)).toBeGreaterThanOrEqual(Math.max(0, least))
      }),
      options,
    )
  })

  test('the order of accounts does not matter, and the same input gives the same answer', () => {
    fc.assert(
      fc.property(input, fc.infiniteStream(fc.nat()), (given, numbers) => {
        const shuffle = <T>(list: readonly T[]): T[] => list.map((item) => ({ item, key: numbers.next().value ?? 0 })).toSorted((a, b) => a.key - b.key).map(({ item }) => item)
        const shuffled = {
          ...given,
          accounts: shuffle(given.accounts),
          usage: { ...given.usage, accounts: shuffle(given.usage.accounts) },
          growth: given.growth,
        }
        expect(decideQuotas(shuffled)).toEqual(decideQuotas(given))
        expect(decideQuotas(given)).toEqual(decideQuotas(given))
      }),
      { numRuns: 300 },
    )
  })

  test('applied twice, the second time changes nothing', () => {
    fc.assert(
      fc.property(input, (given) => {
        const again = decideQuotas(applied(given, decideQuotas(given)))
        expect([...again.changes]).toEqual([])
      }),
      options,
    )
  })

  test('the bound survives any sequence of use, with quotas kept from look to look', () => {
    const step = fc.array(fc.tuple(fc.nat({ max: 9 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom('write', 'trash', 'delete')), { maxLength: 6 })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        let crowd = people(10)
        const poolBytes = 100 * megabyte
        for (const actions of steps) {
          const given = inputOf(crowd, { poolBytes })
          const decision = decideQuotas(given)
          const inForce = applied(given, decision)
          expect(mayWrite(inForce)).toBeLessThanOrEqual(decision.leftBytes)
          crowd = crowd.map((one, index) => ({ ...one, quotaBytes: inForce.accounts[index]?.quotaBytes, growth: one.growth / 2 }))
          for (const [who, part, what] of actions) crowd = crowd.map((one, index) => (index === who ? act(one, part, what) : one))
          const trashed = actions.some(([, , what]) => what === 'trash')
          const total = trashed ? 0 : totalBytesOf(inputOf(crowd, { poolBytes }).usage)
          expect(total).toBeLessThanOrEqual(Math.max(poolBytes - reserveFor(poolBytes), decision.totalBytes))
        }
      }),
      { numRuns: 300 },
    )
  })
})

/** One account uses a part of its room, moves a part of its files to the trash, or empties trash and deletes files. */
function act(one: Person, part: number, what: string): Person {
  if (what === 'write') {
    const wrote = Math.floor(Math.max(0, (one.quotaBytes ?? 0) - one.filesBytes) * part)
    return { ...one, filesBytes: one.filesBytes + wrote, growth: one.growth + wrote }
  }
  const moved = Math.floor(one.filesBytes * part)
  return { ...one, filesBytes: one.filesBytes - moved, trashBytes: what === 'trash' ? one.trashBytes + moved : 0 }
}

describe('quotas: a full pool', () => {
  test('grows by nothing whatever people trash and write, until something is emptied', () => {
    const action = fc.tuple(fc.nat({ max: 2 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom('write', 'trash'))
    fc.assert(
      fc.property(fc.array(action, { minLength: 5, maxLength: 40 }), fc.boolean(), (actions, enabled) => {
        const given = inputOf(people(3, (index) => ({ filesBytes: 32 * megabyte, enabled: enabled || index > 0 })), { poolBytes: 100 * megabyte })
        const { changes } = decideQuotas(given)
        let crowd = people(3, (index) => ({ filesBytes: 32 * megabyte, quotaBytes: changes.get(`user-0${index}`) }))
        for (const [who, part, what] of actions) crowd = crowd.map((one, index) => (index === who ? act(one, part, what) : one))
        // One byte each: the quota is not 0, so that Nextcloud tells people that it is used up.
        expect(totalBytesOf(inputOf(crowd, { poolBytes: 100 * megabyte }).usage)).toBeLessThanOrEqual(totalBytesOf(given.usage) + 3)
      }),
      { numRuns: 300, examples: [[[[1, 1, 'trash'], [1, 1, 'write'], [1, 1, 'trash'], [1, 1, 'write'], [0, 1, 'write']], true]] },
    )
  })
})

describe('quotas: examples', () => {
  test('an empty pool of 100 MB is spread evenly', () => {
    const { accounts, leftBytes, full } = decideQuotas(inputOf(people(10), { poolBytes: 100 * megabyte }))
    expect(leftBytes).toBe(95 * megabyte)
    expect(full).toBe(false)
    expect(new Set(accounts.map(({ quotaBytes }) => quotaBytes))).toEqual(new Set([9_025_000]))
    expect(new Set(accounts.map(({ why }) => why))).toEqual(new Set(['idle']))
  })

  test('one busy account may use most of what is free', () => {
    const given = inputOf(people(50, (index) => (index === 7 ? { growth: 1, filesBytes: 5_000 * megabyte } : {})), { poolBytes: 40_000 * megabyte })
    const { accounts, leftBytes } = decideQuotas(given)
    const busy = accounts.find(({ why }) => why === 'busy')
    expect(busy?.userId).toBe('user-07')
    expect(busy?.headroomBytes).toBeGreaterThan(leftBytes * 0.7)
    expect(busy?.quotaBytes).toBe(5_000 * megabyte + (busy?.headroomBytes ?? 0))
  })

  test('a full pool gives nobody room to write, also once files are in the trash', () => {
    const given = inputOf(people(5, (index) => ({ filesBytes: index * 9 * megabyte, trashBytes: 2 * megabyte, quotaBytes: 60 * megabyte })), { poolBytes: 100 * megabyte })
    const { accounts, full, leftBytes, promisedBytes } = decideQuotas(given)
    expect([full, leftBytes, promisedBytes]).toEqual([true, 0, 0])
    expect(accounts.map(({ quotaBytes, why }) => [quotaBytes, why])).toEqual([0, 1, 1, 1, 1].map((quota) => [quota, 'full']))
  })

  test('what quotas cannot see and is growing is not promised', () => {
    const given = inputOf(people(10), { poolBytes: 100 * megabyte, churnBytes: 20 * megabyte })
    expect(decideQuotas(given).leftBytes).toBe(75 * megabyte)
    expect(decideQuotas({ ...given, churnBytes: 200 * megabyte }).full).toBe(true)
  })

  test('small changes write nothing, large ones only what they must', () => {
    const crowd = people(50, (index) => ({ growth: index === 3 ? megabyte : 0 }))
    const given = inputOf(crowd, { poolBytes: 40_000 * megabyte })
    const first = decideQuotas(given)
    const wrote = (count: number): QuotaDecision =>
      decideQuotas(inputOf(crowd.map((one, index) => ({ ...one, quotaBytes: first.changes.get(one.userId), filesBytes: index === 3 ? count : 0 })), { poolBytes: 40_000 * megabyte }))
    expect(first.changes.size).toBe(50)
    expect(wrote(1000 * megabyte).changes.size).toBe(0)
    expect(wrote(15_000 * megabyte).changes.size).toBeGreaterThan(0)
  })

  test('a quota that cannot be kept without breaking the bound is lowered, the farthest first', () => {
    const first = decideQuotas(inputOf(people(10), { poolBytes: 100 * megabyte }))
    const raised = people(10, (index) => ({ quotaBytes: (first.changes.get('user-00') ?? 0) + [2, 1.5, 1.9][index % 3]! * megabyte }))
    const decision = decideQuotas(inputOf(raised, { poolBytes: 100 * megabyte }))
    expect(decision.accounts.filter(({ why }) => why === 'lowered').map(({ userId }) => userId)).toContain('user-00')
    expect(decision.accounts.filter(({ why }) => why === 'kept').length).toBeGreaterThan(0)
    expect(decision.promisedBytes).toBeLessThanOrEqual(95 * megabyte)
  })

  test('a disabled account keeps a quota that gives no room', () => {
    const crowd = [plain('a', { enabled: false, filesBytes: 9, quotaBytes: 5 }), plain('b', { enabled: false, filesBytes: 9 }), plain('c', { enabled: false, filesBytes: 9, quotaBytes: 10 })]
    expect(decideQuotas(inputOf(crowd, { poolBytes: megabyte })).accounts.map(({ quotaBytes }) => quotaBytes)).toEqual([5, 9, 9])
  })

  test('an account without figures, a space without accounts and a lagging volume are no trouble', () => {
    expect(decideQuotas(inputOf([], { poolBytes: megabyte }))).toMatchObject({ promisedBytes: 0, accounts: [] })
    const given = inputOf([plain('new'), plain('off', { enabled: false })], { poolBytes: 100 * megabyte })
    const unknown = decideQuotas({ ...given, growth: new Map(), usage: { accounts: [], appDataBytes: 3, totalBytes: 1, exact: true } })
    expect([unknown.totalBytes, unknown.promisedBytes, unknown.changes.get('off')]).toEqual([3, Math.floor(given.poolBytes * 0) + unknown.promisedBytes, 0])
    expect(totalBytesOf({ accounts: [], appDataBytes: 1, totalBytes: 5, exact: true })).toBe(5)
  })

  test.each([
    [50 * megabyte, 2.5 * megabyte],
    [100 * megabyte, 5 * megabyte],
    [40_000 * megabyte, 400 * megabyte],
    [0, 0],
  ])('of %d bytes, %d are kept back', (pool, reserve) => {
    expect(reserveFor(pool)).toBe(reserve)
  })
})
