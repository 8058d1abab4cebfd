import { describe, expect, test } from 'vitest'
import { rebalance, isNews } from '../../src/spaces/rebalance.ts'
import { observe, percentUsed, poolCondition } from '../../src/spaces/usage.ts'
import { watchPools } from '../../src/spaces/watch-pools.ts'
import { aUsage } from '../support/builders.ts'
import { fakeSpace, type FakeSpace } from './fake-space.ts'

const megabyte = 1_000_000

async function withPeople(count: number): Promise<FakeSpace> {
  const fake = await fakeSpace('100 MB')
  for (let index = 0; index < count; index++) fake.engine.add(`user-${index}`)
  return fake
}

/** Runs the loop until `done`, at most 2,000 polls. */
async function watch(fake: FakeSpace, done: (poll: number) => boolean, onPoll: (poll: number) => void = () => undefined): Promise<void> {
  const stop = new AbortController()
  let polls = 0
  const { context } = fake
  const engine = context.engine
  const watched = {
    ...context,
    engine: {
      ...engine,
      changedSince: async (...args: Parameters<typeof engine.changedSince>) => {
        onPoll(polls)
        polls += 1
        if (done(polls) || polls > 2000) stop.abort()
        return await engine.changedSince(...args)
      },
    },
  }
  await watchPools(watched, { signal: stop.signal, notify: fake.notify })
}

describe('one re-balance', () => {
  test('writes quotas once, and nothing when nothing changed', async () => {
    const fake = await withPeople(9)
    const first = await rebalance(fake.context, await fake.space())
    expect(first.written).toBe(10)
    const { resourceVersion } = (await fake.space()).metadata
    fake.clock.pass(120_000)
    const second = await rebalance(fake.context, await fake.space(), { before: first.activity })
    expect([second.written, fake.engine.calls.setQuotas]).toEqual([0, 1])
    expect((await fake.space()).metadata.resourceVersion).toBe(resourceVersion)
  })

  test('records the figures and the condition, and keeps what was told', async () => {
    const fake = await withPeople(1)
    fake.engine.change('user-0', { filesBytes: 10 * megabyte, trashBytes: 2 * megabyte, versionsBytes: megabyte })
    fake.engine.appDataBytes = 3 * megabyte
    await rebalance(fake.context, await fake.space())
    const { status } = await fake.space()
    expect(status?.usage).toEqual({
      poolBytes: 100 * megabyte,
      usedBytes: 16 * megabyte,
      filesBytes: 10 * megabyte,
      versionsBytes: megabyte,
      trashBytes: 2 * megabyte,
      otherBytes: 3 * megabyte,
      accounts: 2,
      measuredAt: '2026-03-01T12:00:00.000Z',
      warnedPercent: 0,
    })
    expect(status?.conditions).toMatchObject([{ type: 'PoolWithinLimit', status: 'True', message: '16 MB of 100 MB used' }])
  })

  test('a full pool says so, and what to empty first', () => {
    const usage = aUsage({ poolBytes: 100 * megabyte, usedBytes: 96 * megabyte, trashBytes: 20 * megabyte, versionsBytes: 3 * megabyte })
    expect(poolCondition(usage)).toMatchObject({ status: 'False', reason: 'Full' })
    expect(poolCondition(usage).message).toContain('trash 20 MB, old versions 3 MB')
  })

  test.each([
    [0, 0],
    [47.5, 50],
    [76, 80],
    [91.9, 96],
    [92, 100],
    [94, 100],
    [100, 100],
    [130, 130],
  ])('%d MB of a pool of 100 MB are %d percent for its people', (used, percent) => {
    expect(percentUsed({ usedBytes: used * megabyte, poolBytes: 100 * megabyte })).toBe(percent)
  })

  test('small and young differences are no news', () => {
    const before = aUsage({ poolBytes: 100 * megabyte, usedBytes: 10 * megabyte, filesBytes: 10 * megabyte })
    const later = (parts: Partial<typeof before>): boolean => isNews({ ...before, measuredAt: '2026-01-01T00:00:10.000Z', ...parts }, before)
    expect(later({})).toBe(false)
    expect(later({ usedBytes: 10 * megabyte + 50_000 })).toBe(false)
    expect(later({ usedBytes: 10 * megabyte + 50_000, measuredAt: '2026-01-01T00:02:00.000Z' })).toBe(true)
    expect(later({ usedBytes: 12 * megabyte })).toBe(true)
    expect(later({ accounts: 2 })).toBe(true)
    expect(isNews(before, undefined)).toBe(true)
  })
})

describe('what is remembered between two looks', () => {
  const usage = (files: number, other: number): Parameters<typeof observe>[1] => ({
    accounts: [{ userId: 'a', filesBytes: files, versionsBytes: 0, trashBytes: other, otherBytes: 0 }],
    appDataBytes: 0,
    totalBytes: 0,
    exact: false,
  })
  const at = (seconds: number): Date => new Date(seconds * 1000)

  test('who wrote, fading by half in an hour', () => {
    const first = observe(undefined, usage(0, 0), at(0))
    const second = observe(first, usage(8 * megabyte, 0), at(1))
    const third = observe(second, usage(0, 0), at(3601))
    expect([first.growth.get('a'), second.growth.get('a'), third.growth.get('a')]).toEqual([undefined, 8 * megabyte, 4 * megabyte])
    expect(observe(third, usage(0, 0), at(1e6)).growth.size).toBe(0)
  })

  test('how fast what no quota counts is growing, fading in seconds', () => {
    const first = observe(undefined, usage(8 * megabyte, 0), at(0))
    const second = observe(first, usage(2 * megabyte, 6 * megabyte), at(1))
    const third = observe(second, usage(2 * megabyte, 6 * megabyte), at(3))
    expect([first.churnBytes, second.churnBytes, third.churnBytes]).toEqual([0, 6 * megabyte, 3 * megabyte])
    expect(observe(third, usage(0, 0), at(60)).churnBytes).toBe(0)
  })
})

describe('the loop', () => {
  test('ten accounts write until all are refused: the pool never overflows, most of it is used', async () => {
    const fake = await withPeople(10)
    let refused = 0
    let highest = 0
    await watch(
      fake,
      () => refused > 300,
      (poll) => {
        if (poll < 3) return
        for (let index = 0; index < 10; index++) {
          if (fake.engine.put(`user-${index}`, 500_000) === 507) refused += 1
          else refused = 0
        }
        highest = Math.max(highest, fake.engine.totalBytes())
      },
    )
    expect(highest).toBeLessThanOrEqual(95 * megabyte)
    expect(highest).toBeGreaterThan(85 * megabyte)
  })

  test('one busy account gets nearly all that is free', async () => {
    const fake = await withPeople(49)
    await watch(
      fake,
      (poll) => poll > 200,
      (poll) => {
        if (poll >= 3) for (let index = 0; index < 5; index++) fake.engine.put('user-7', 200_000)
      },
    )
    expect(fake.engine.accounts.get('user-7')?.filesBytes).toBeGreaterThan(80 * megabyte)
    expect(fake.engine.totalBytes()).toBeLessThanOrEqual(95 * megabyte)
  })

  test('deleting into the trash and writing again does not fill the pool beyond its size', async () => {
    const fake = await withPeople(10)
    let highest = 0
    await watch(
      fake,
      (poll) => poll > 200,
      (poll) => {
        if (poll < 3) return
        for (let index = 0; index < 10; index++) {
          const userId = `user-${index}`
          if (fake.engine.put(userId, 500_000) === 201) continue
          const { filesBytes = 0, trashBytes = 0 } = fake.engine.accounts.get(userId) ?? {}
          if (filesBytes >= 500_000) fake.engine.change(userId, { filesBytes: filesBytes - 500_000, trashBytes: trashBytes + 500_000 })
          fake.engine.put(userId, 500_000)
        }
        highest = Math.max(highest, fake.engine.totalBytes())
      },
    )
    expect(highest).toBeLessThanOrEqual(100 * megabyte)
  })

  test('space that is freed can be written again within three polls', async () => {
    const fake = await withPeople(4)
    fake.engine.change('user-0', { filesBytes: 60 * megabyte, trashBytes: 36 * megabyte })
    const answers: number[] = []
    await watch(
      fake,
      (poll) => poll > 8,
      (poll) => {
        if (poll === 4) fake.engine.change('user-0', { filesBytes: 46 * megabyte, trashBytes: 0 })
        if (poll >= 3) answers.push(fake.engine.put('user-1', 2 * megabyte))
      },
    )
    expect(answers[0]).toBe(507)
    expect(answers.slice(4)).not.toContain(507)
  })

  test('looks at a space only when it changed, and once more when things have settled', async () => {
    const fake = await withPeople(3)
    await watch(fake, (poll) => poll > 50)
    expect(fake.engine.calls.usage).toBe(2)
    expect(fake.engine.calls.setQuotas).toBe(1)
  })

  test('a space that fails is tried again later, ever more seldom', async () => {
    const fake = await withPeople(1)
    fake.engine.failing = 'database is down'
    await watch(
      fake,
      (poll) => poll > 140,
      (poll) => {
        if (poll === 80) fake.engine.failing = undefined
      },
    )
    expect(fake.engine.calls.accounts).toBeGreaterThan(4)
    expect(fake.engine.calls.accounts).toBeLessThan(12)
    expect(fake.engine.calls.setQuotas).toBe(1)
  })

  test('a mail server that fails does not stop the quotas', async () => {
    const fake = await withPeople(2)
    fake.engine.change('user-0', { filesBytes: 90 * megabyte })
    let attempts = 0
    const failing = {
      ...fake,
      notify: async () => {
        attempts += 1
        throw new Error('no answer')
      },
    }
    await watch(failing, (poll) => poll > 90)
    expect(fake.engine.calls.setQuotas).toBe(1)
    expect(attempts).toBe(2)
    expect((await fake.space()).status?.usage?.warnedPercent).toBe(0)
  })

  test('suspended spaces and those being made are left alone', async () => {
    const fake = await withPeople(1)
    const space = await fake.space()
    await fake.store.update('Space', { ...space, status: { phase: 'Provisioning', conditions: [] } })
    await watch(fake, (poll) => poll > 5)
    expect(fake.engine.calls.usage).toBe(0)
  })
})
