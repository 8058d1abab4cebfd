import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideCap, ensureCap, tellOverCap } from '../../src/spaces/cap.ts'
import { targetOfStored } from '../../src/spaces/context.ts'
import { recipientsOf, type Notify } from '../../src/spaces/notify.ts'
import { watchPools } from '../../src/spaces/watch-pools.ts'
import { FakeEngine, fakeSpace, type FakeSpace } from './fake-space.ts'

const administrator = 'admin'
const accountsOf = (...ages: (number | undefined)[]): ReturnType<FakeEngine['add']>[] => {
  const engine = new FakeEngine()
  return [engine.add(administrator, { createdAt: 999 }), ...ages.map((createdAt, index) => engine.add(`user-${index}`, { createdAt }))]
}

describe('which accounts are above the cap', () => {
  test('the newest, whatever the order they come in', () => {
    const accounts = accountsOf(1, 5, 3, 4)
    expect(decideCap({ accounts, cap: 3, administrator })).toEqual({ enabled: 5, disable: ['user-1', 'user-3'] })
    expect(decideCap({ accounts: accounts.toReversed(), cap: 3, administrator }).disable).toEqual(['user-1', 'user-3'])
    expect(decideCap({ accounts, cap: 5, administrator }).disable).toEqual([])
  })

  test('one of unknown age is new; equal ages are told apart by name', () => {
    expect(decideCap({ accounts: accountsOf(1, undefined, 3), cap: 3, administrator }).disable).toEqual(['user-1'])
    expect(decideCap({ accounts: accountsOf(1, 1, 1), cap: 3, administrator }).disable).toEqual(['user-2'])
  })

  test('never the first administrator, never more than needed, never one that is disabled', () => {
    const account = fc.record({ userId: fc.string({ minLength: 1 }), enabled: fc.boolean(), createdAt: fc.option(fc.nat(), { nil: undefined }) })
    fc.assert(
      fc.property(fc.uniqueArray(account, { selector: ({ userId }) => userId }), fc.integer({ min: 1, max: 20 }), (people, cap) => {
        const blank = new FakeEngine().add('blank')
        const accounts = [...people.filter(({ userId }) => userId !== administrator), { userId: administrator, enabled: true, createdAt: undefined }].map((one) => ({ ...blank, ...one }))
        const { enabled, disable } = decideCap({ accounts, cap, administrator })
        expect(disable).not.toContain(administrator)
        expect(enabled - disable.length).toBe(Math.min(enabled, cap))
        expect(disable.every((userId) => accounts.some((one) => one.userId === userId && one.enabled))).toBe(true)
      }),
    )
  })
})

async function full(): Promise<FakeSpace> {
  const fake = await fakeSpace('100 MB', 4)
  for (const name of ['anne', 'benoit', 'chloe']) fake.engine.add(name)
  return fake
}

/** Nextcloud's own cap counts enabled accounts when one is created: disable, create, enable passes it. */
function bypass(fake: FakeSpace): void {
  fake.engine.change('anne', { enabled: false })
  fake.engine.add('driss')
  fake.engine.change('anne', { enabled: true })
}

async function keepCap(fake: FakeSpace, notify?: Notify): Promise<readonly string[]> {
  const space = await fake.space()
  const target = await targetOfStored(fake.context, space)
  const accounts = [...fake.engine.accounts.values()]
  return (await ensureCap(fake.context, space, { target, accounts, ...(notify === undefined ? {} : { notify }) })).disabled
}

describe('bringing a space back to its cap', () => {
  test('disables the newest, tells why, and then leaves all alone', async () => {
    const fake = await full()
    expect(await keepCap(fake, fake.notify)).toEqual([])
    bypass(fake)
    expect(await keepCap(fake, fake.notify)).toEqual(['driss'])
    expect(fake.engine.accounts.get('driss')).toMatchObject({ enabled: false })
    expect(fake.told).toMatchObject([{ notice: { kind: 'accounts-over-cap', cap: 4, disabled: [{ userId: 'driss', displayName: 'DRISS' }] } }])
    const { resourceVersion } = (await fake.space()).metadata
    expect(await keepCap(fake, fake.notify)).toEqual([])
    expect((await fake.space()).metadata.resourceVersion).toBe(resourceVersion)
    expect(fake.told).toHaveLength(1)
    expect((await fake.space()).status).toMatchObject({
      overCap: { disabled: ['driss'], sentAt: expect.any(String) },
      conditions: [{ type: 'AccountsWithinCap', status: 'True' }],
    })
  })

  test('a run that is killed before the mail tells later, one that is killed after it tells the same again', async () => {
    const fake = await full()
    bypass(fake)
    await keepCap(fake)
    fake.clock.pass(60_000)
    const killed: Notify = async (target, notice, to) => {
      await fake.notify(target, notice, to)
      throw new Error('killed')
    }
    await expect(keepCap(fake, killed)).rejects.toThrow('killed')
    await keepCap(fake, fake.notify)
    await keepCap(fake, fake.notify)
    expect(fake.told.map(({ notice }) => notice.key)).toEqual([fake.told[0]?.notice.key, fake.told[0]?.notice.key])
  })

  test('a run that is killed while disabling says so in the condition, and the next one finishes', async () => {
    const fake = await full()
    bypass(fake)
    fake.engine.failing = 'killed'
    await expect(keepCap(fake)).rejects.toThrow('killed')
    expect((await fake.space()).status?.conditions).toMatchObject([{ type: 'AccountsWithinCap', status: 'False', message: expect.stringContaining('driss') }])
    fake.engine.failing = undefined
    expect(await keepCap(fake, fake.notify)).toEqual(['driss'])
    expect(fake.told).toHaveLength(1)
  })

  test('an account that is gone is still told of by its id', async () => {
    const fake = await full()
    bypass(fake)
    await keepCap(fake)
    fake.engine.accounts.delete('driss')
    const space = await fake.space()
    const target = await targetOfStored(fake.context, space)
    await tellOverCap(fake.context, space, { target, accounts: [...fake.engine.accounts.values()], notify: fake.notify })
    expect(fake.told[0]?.notice).toMatchObject({ disabled: [{ userId: 'driss', displayName: 'driss' }] })
    expect(recipientsOf(target, [])).toEqual([{ name: 'Camille Martin', address: 'camille@jardin.example', locale: 'fr' }])
  })

  test('the loop does it by itself, within one look', async () => {
    const fake = await full()
    bypass(fake)
    const stop = new AbortController()
    await watchPools(fake.context, { signal: stop.signal, notify: fake.notify, onLook: () => stop.abort() })
    expect(fake.engine.calls.disabled).toEqual(['driss'])
    expect(fake.told).toHaveLength(1)
    expect(fake.engine.accounts.get('driss')?.quotaBytes).toBe(0)
  })
})
