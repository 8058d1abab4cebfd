import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rebalance } from '../../src/spaces/rebalance.ts'
import { decideWarning, ensureWarned, type Threshold } from '../../src/spaces/warnings.ts'
import { targetOfStored } from '../../src/spaces/context.ts'
import type { Notify } from '../../src/spaces/notify.ts'
import { fakeSpace, type FakeSpace } from './fake-space.ts'

const megabyte = 1_000_000

describe('which warning is due', () => {
  test.each<[percent: number, told: number, next: number, warn: Threshold | undefined]>([
    [0, 0, 0, undefined],
    [79, 0, 0, undefined],
    [80, 0, 80, 80],
    [85, 80, 80, undefined],
    [90, 80, 90, 90],
    [100, 90, 100, 100],
    [130, 0, 100, 100],
    [97, 100, 100, undefined],
    [95, 100, 90, undefined],
    [86, 90, 90, undefined],
    [85, 90, 80, undefined],
    [76, 80, 80, undefined],
    [75, 80, 0, undefined],
    [0, 100, 0, undefined],
  ])('at %d percent with %d told: %d is told, mail %s', (percent, told, next, warn) => {
    expect(decideWarning(percent, told)).toEqual({ warnedPercent: next, warn })
  })

  test('use that trembles around a threshold sends one mail', () => {
    fc.assert(
      fc.property(fc.constantFrom(80, 90, 100), fc.array(fc.integer({ min: -4, max: 4 }), { maxLength: 50 }), (threshold, trembles) => {
        let told = decideWarning(threshold, 0).warnedPercent
        const mails = trembles.map((tremble) => {
          const decision = decideWarning(Math.min(threshold + tremble, threshold + 9), told)
          told = decision.warnedPercent
          return decision.warn
        })
        expect(mails.filter((warn) => warn === threshold)).toEqual([])
      }),
    )
  })
})

/** Measures and warns once, as the loop does. */
async function look(fake: FakeSpace, notify: Notify = fake.notify): Promise<Threshold | undefined> {
  const space = await fake.space()
  const target = await targetOfStored(fake.context, space)
  const { usage } = await rebalance(fake.context, space, { target })
  return await ensureWarned(fake.context, space, { target, usage, accounts: [...fake.engine.accounts.values()], notify })
}

const keys = (fake: FakeSpace): string[] => fake.told.map(({ notice }) => notice.key)

describe('telling the administrators', () => {
  test('each threshold once, again when use fell and rose, each time another mail', async () => {
    const fake = await fakeSpace('100 MB')
    const steps: [files: number, told: Threshold | undefined][] = [
      [70, undefined],
      [78, 80],
      [80, undefined],
      [87, 90],
      [95, 100],
      [95, undefined],
      [60, undefined],
      [78, 80],
    ]
    for (const [files, told] of steps) {
      fake.engine.change('admin', { filesBytes: files * megabyte })
      fake.clock.pass(60_000)
      expect(await look(fake)).toBe(told)
    }
    expect(new Set(keys(fake)).size).toBe(4)
  })

  test('says what fills the pool', async () => {
    const fake = await fakeSpace('100 MB')
    fake.engine.change('admin', { filesBytes: 50 * megabyte, trashBytes: 30 * megabyte, versionsBytes: 2 * megabyte })
    await look(fake)
    expect(fake.told[0]?.notice).toMatchObject({ kind: 'pool-warning', percent: 80, usage: { trashBytes: 30 * megabyte, versionsBytes: 2 * megabyte, filesBytes: 50 * megabyte } })
    expect(fake.told[0]?.to).toEqual([{ name: 'Camille Martin', address: 'camille@jardin.example', locale: 'fr' }])
  })

  test('tells all enabled administrators, and the owner in any case', async () => {
    const fake = await fakeSpace('100 MB')
    fake.engine.change('admin', { email: undefined, filesBytes: 80 * megabyte })
    fake.engine.add('two', { administrator: true, email: 'two@jardin.example' })
    fake.engine.add('off', { administrator: true, email: 'off@jardin.example', enabled: false })
    fake.engine.add('member', { email: 'member@jardin.example' })
    await look(fake)
    expect(fake.told[0]?.to.map(({ address }) => address)).toEqual(['camille@jardin.example', 'two@jardin.example'])
  })

  test('a run that is killed after the mail left sends the same mail again, then no more', async () => {
    const fake = await fakeSpace('100 MB')
    fake.engine.change('admin', { filesBytes: 80 * megabyte })
    const killed: Notify = async (target, notice, to) => {
      await fake.notify(target, notice, to)
      throw new Error('killed')
    }
    await expect(look(fake, killed)).rejects.toThrow('killed')
    expect((await fake.space()).status?.usage).toMatchObject({ warnedPercent: 0, warning: { percent: 80 } })
    fake.clock.pass(5000)
    expect(await look(fake)).toBe(80)
    expect(await look(fake)).toBeUndefined()
    expect(keys(fake)).toEqual([keys(fake)[0], keys(fake)[0]])
    expect((await fake.space()).status?.usage).toMatchObject({ warnedPercent: 80, warning: { percent: 80, sentAt: expect.any(String) } })
  })

  test('a warning that could not be sent and is no longer true is not sent', async () => {
    const fake = await fakeSpace('100 MB')
    fake.engine.change('admin', { filesBytes: 80 * megabyte })
    const failing: Notify = async () => {
      throw new Error('no answer')
    }
    await expect(look(fake, failing)).rejects.toThrow('no answer')
    fake.engine.change('admin', { filesBytes: 10 * megabyte })
    expect(await look(fake)).toBeUndefined()
    expect(fake.told).toEqual([])
  })
})
