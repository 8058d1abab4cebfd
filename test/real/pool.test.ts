import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SpaceTarget } from '../../src/engine/contract.ts'
import { run } from '../../src/kit/exec.ts'
import { targetOfStored } from '../../src/spaces/context.ts'
import { reserveFor } from '../../src/spaces/quota.ts'
import { serve } from '../../src/spaces/serve.ts'
import { btrfsUnavailable, mountBtrfsImage, type BtrfsImage } from '../volume/btrfs-image.ts'
import { openHoster, type Hoster } from './support/hoster.ts'
import { Looks } from './support/looks.ts'
import { lacks, leftOut } from './support/machine.ts'
import { Answers, HighWater, largestFile, Writer } from './support/pool-traffic.ts'

const megabyte = 1_000_000
const poolBytes = 100 * megabyte
const people = Array.from({ length: 10 }, (_, index) => `user-${index}`)
const slug = 'pool'
const churnMs = 12_000
const writableAgainMs = 10_000

const noBtrfs = await btrfsUnavailable()
const cases = ['32.0.1', '34.0.1'].flatMap((release) =>
  (['btrfs', 'directory'] as const).map((kind) => {
    const missing = lacks({ release, postgresql: true, caddy: true }) ?? (kind === 'btrfs' ? noBtrfs : undefined) ?? leftOut((kind === 'btrfs') === (release === '32.0.1'))
    return { release, kind, missing, title: `${release} on ${kind}${missing === undefined ? '' : ` (this machine lacks ${missing})`}` }
  }),
)

describe.each(cases)('a pool of 100 MB, ten accounts, chaton serve: Nextcloud $title', ({ release, kind, missing }) => {
  let image: BtrfsImage | undefined
  let hoster: Hoster
  let target: SpaceTarget
  let looks: Looks
  let writers: Writer[]
  let measure: () => Promise<number>
  let serving: Promise<void> | undefined
  const stop = new AbortController()

  beforeAll(async () => {
    if (missing !== undefined) return
    image = kind === 'btrfs' ? await mountBtrfsImage(4 * poolBytes) : undefined
    if (image) await chmod(join(image.directory, '..'), 0o711)
    hoster = await openHoster({ golden: false, volumesKind: kind, ...(image ? { volumesDirectory: join(image.directory, 'volumes') } : {}) })
    await hoster.provision(slug, release, { storage: '100 MB', accounts: 20 })
    const signIns = await hoster.accounts(slug, people)
    target = await targetOfStored(hoster.context, await hoster.space(slug))
    writers = signIns.map((signIn) => new Writer(hoster.lab.engine.address(target).url, signIn))
    measure = await measureOf(hoster, target)
    looks = new Looks(hoster.lab.engine)
    serving = serve({ ...hoster.context, engine: looks.engine }, stop.signal)
    await until(() => looks.count > 0)
  })

  afterAll(async () => {
    stop.abort()
    await serving
    await hoster?.[Symbol.asyncDispose]()
    await image?.[Symbol.asyncDispose]()
  })

  /** Percentages of the warnings mailed, in order. */
  const warned = (): number[] => hoster.mailer.sent.flatMap(({ messageId }) => /^<pool-(\d+)-/.exec(messageId)?.[1] ?? []).map(Number)

  /** Runs a part of the story; answers the highest use and prints it with everything the writers were told. */
  async function watched(name: string, work: () => Promise<unknown>): Promise<{ answers: Answers; highest: number }> {
    const answers = new Answers()
    for (const writer of writers) writer.tell(answers)
    const water = new HighWater(measure)
    try {
      await work()
    } finally {
      const highest = await water.stop()
      const overshoot = Math.max(0, highest - poolBytes)
      console.log(`${release} ${kind}, ${name}: answers ${answers.toString()}; at most ${mb(highest)} of ${mb(poolBytes)} used, overshoot ${mb(overshoot)}`)
      for (const line of answers.odd) console.log(`  ${line}`)
    }
    return { answers, highest: water.highest }
  }

  const everybody = async (work: (writer: Writer) => Promise<unknown>): Promise<unknown[]> => await Promise.all(writers.map(work))

  async function everybodyFor(milliseconds: number, work: (writer: Writer) => Promise<void>): Promise<void> {
    const end = performance.now() + milliseconds
    await everybody(async (writer) => {
      while (performance.now() < end) await work(writer)
    })
  }

  /** Empties the trash, one after the other, and then deletes files and empties again until so much is freed, or nothing is left. Answers how much. */
  async function empty(bytes: number): Promise<number> {
    let emptied = 0
    for (let turn = 0; emptied < bytes && turn <= 20 * writers.length; turn++) {
      const writer = writers[turn % writers.length]
      for (let count = 0; turn >= writers.length && count < 4; count++) await writer?.remove()
      emptied += (await writer?.emptyTrash()) ?? 0
    }
    console.log(`  ${mb(emptied)} emptied`)
    return emptied
  }

  /**
   * The kernel keeps to the pool. Without it: what quotas leave, with what they cannot see (files moved to the trash
   * from one look until the quotas of the next are in force, and uploads that were admitted before a look and end after it).
   */
  function most(): number {
    if (kind === 'btrfs') return poolBytes
    const unseen = looks.mostBetween(writers.flatMap((writer) => writer.trashed)) + people.length * largestFile
    console.log(`  quotas leave ${mb(poolBytes - reserveFor(poolBytes))} and did not see at most ${mb(unseen)}`)
    return poolBytes - reserveFor(poolBytes) + unseen
  }

  it.skipIf(missing !== undefined)('all upload at once until they are refused: with 507, below the pool, most of it used', async () => {
    const { answers, highest } = await watched('uploads', async () => await everybody(async (writer) => await writer.fill()))
    expect(answers.odd).toEqual([])
    expect(answers.count(507)).toBeGreaterThanOrEqual(people.length)
    expect(highest).toBeLessThanOrEqual(poolBytes)
    expect(highest).toBeGreaterThan(0.88 * poolBytes)
  })

  it.skipIf(missing !== undefined)('full, everything can be read and deleted, and each threshold was told at most once', async () => {
    await until(() => warned().includes(100))
    // On 34 an account that wrote to its last byte reads again after the next look (nextcloud/server#60319).
    if (release === '34.0.1') await everybody(async (writer) => await until(async () => (await writer.read()) === 200, 5000))
    const { answers } = await watched('full', async () => {
      expect(await everybody(async (writer) => await writer.read())).toEqual(people.map(() => 200))
      expect(await everybody(async (writer) => await writer.put(5 * megabyte))).toEqual(people.map(() => 507))
      expect(await everybody(async (writer) => await writer.remove())).toEqual(people.map(() => 204))
    })
    expect(answers.odd).toEqual([])
    expect(warned()).toEqual([...new Set(warned())].toSorted((a, b) => a - b))
  })

  it.skipIf(missing !== undefined)('full, deleting into the trash makes no room to write, however often', async () => {
    const { answers, highest } = await watched('deleting and uploading while full', async () => {
      await everybodyFor(8000, async (writer) => {
        await writer.remove()
        await writer.put()
      })
    })
    // 34 lets an account read its files only while it has a byte free: there, what goes to the trash is room until the next look
    // finds it used, and a writer may meet the kernel's limit, which is no 507.
    const meetsLimit = release === '34.0.1' && kind === 'btrfs'
    expect(answers.odd.filter((words) => !(meetsLimit && words.includes(': 500 ')))).toEqual([])
    expect(highest).toBeLessThanOrEqual(most())
    expect(warned().filter((percent) => percent === 100)).toHaveLength(1)
  })

  it.skipIf(missing !== undefined)('full, the background jobs of Nextcloud leave the trash to its owners', async () => {
    const inTrash = async (): Promise<number> => (await hoster.lab.engine.usage(target)).accounts.reduce((sum, { trashBytes }) => sum + trashBytes, 0)
    const before = await inTrash()
    expect(before).toBeGreaterThan(5 * megabyte)
    for (let round = 0; round < 2; round++) await hoster.lab.engine.runJobs(target)
    expect(await inTrash()).toBe(before)
  })

  it.skipIf(missing !== undefined)('when 50 MB are emptied, all can write again within seconds', async () => {
    const { answers } = await watched('emptying', async () => expect(await empty(50 * megabyte)).toBeGreaterThanOrEqual(50 * megabyte))
    const freed = performance.now()
    await everybody(async (writer) => await until(async () => (await writer.put(megabyte)) === 201, writableAgainMs))
    const seconds = (performance.now() - freed) / 1000
    console.log(`  all ten wrote again after ${seconds.toFixed(1)} s`)
    expect(answers.odd).toEqual([])
    expect(seconds * 1000).toBeLessThan(writableAgainMs)
  })

  it.skipIf(missing !== undefined)('filling up while deleting, emptying and uploading again stays within the pool', async () => {
    const { answers, highest } = await watched('all at once', async () => {
      await everybodyFor(churnMs, async (writer) => {
        const statuses = [await writer.put(), await writer.put(), await writer.put()]
        await writer.remove()
        await writer.remove()
        if (!statuses.includes(201)) await writer.emptyTrash()
      })
    })
    expect(answers.odd).toEqual([])
    expect(answers.count(507)).toBeGreaterThan(0)
    expect(highest).toBeLessThanOrEqual(most())
  })

  it.skipIf(missing !== undefined)('after that, 80, 90 and 100 % are told anew, once each', async () => {
    await empty(50 * megabyte)
    await delay(3000)
    // Below 80 % by more than five points, a threshold counts as not yet passed.
    expect(await measure()).toBeLessThan(0.75 * poolBytes)
    const before = warned().length
    const told = (percent: number): boolean => warned().slice(before).includes(percent)
    const { answers } = await watched('uploads, slowly', async () => {
      for (let turn = 0; !told(100); turn++) {
        if (turn > 1000) throw new Error(`told only ${warned().slice(before).join(', ')}`)
        await writers[turn % writers.length]?.put(told(90) ? 60_000 : told(80) ? 250_000 : 400_000)
      }
    })
    expect(answers.odd).toEqual([])
    expect(warned().slice(before)).toEqual([80, 90, 100])
  })
})

const mb = (bytes: number): string => `${(bytes / megabyte).toFixed(1)} MB`

async function until(done: () => boolean | Promise<boolean>, patienceMs = 20_000): Promise<void> {
  for (const end = performance.now() + patienceMs; !(await done()); await delay(100)) {
    if (performance.now() > end) throw new Error(`waited ${patienceMs} ms in vain`)
  }
}

/** Everything a space uses: what the kernel counts on btrfs (as of its last commit), the bytes of all its files elsewhere. */
async function measureOf({ lab }: Hoster, target: SpaceTarget): Promise<() => Promise<number>> {
  const { spaces, volumes } = lab.engine.parts
  const space = await spaces.find(target)
  if (space === undefined) throw new Error('the space is not there')
  if (volumes.kind !== 'btrfs') return async () => Number.parseInt((await run('du', ['-s', '--apparent-size', '--block-size=1', space.data], { accept: [0, 1] })).stdout, 10)
  return async () => {
    const { stdout } = await run('btrfs', ['qgroup', 'show', '--raw', '-f', '-r', volumes.path(space.names.id)])
    return Number(/^\d+\/\d+\s+(\d+)/m.exec(stdout)?.[1])
  }
}
