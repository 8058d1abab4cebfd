import { chown, mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SpaceTarget } from '../src/engine/contract.ts'
import type { HostSpace } from '../src/engine/host/names.ts'
import { run } from '../src/kit/exec.ts'
import { targetOfStored } from '../src/spaces/context.ts'
import { rebalance, type Rebalanced } from '../src/spaces/rebalance.ts'
import { openHoster, type Hoster } from '../test/real/support/hoster.ts'
import { releasesHere, whyNoHostEngine } from '../test/real/support/machine.ts'
import { median, round, type Bench, type Report } from './report.ts'

const slug = 'pool'
/** With the first administrator: fifty. */
const people = Array.from({ length: 49 }, (_, index) => `user-${index}`)
const accounts = people.length + 1
const rounds = 7
const filesEach = 100
/** Until PostgreSQL has counted what an ended session wrote. */
const countedMs = 2000

class Scene {
  readonly hoster: Hoster
  readonly target: SpaceTarget
  readonly space: HostSpace

  constructor(hoster: Hoster, target: SpaceTarget, space: HostSpace) {
    this.hoster = hoster
    this.target = target
    this.space = space
  }

  async rebalance(overCommitment: number): Promise<Rebalanced> {
    return await rebalance(this.hoster.context, await this.hoster.space(slug), { overCommitment })
  }

  /** PHP is started anew by the next question, as for a space that nobody used for a while. */
  async cool(): Promise<void> {
    await this.hoster.lab.engine.parts.agents.close(this.space.names.id)
  }

  /** Milliseconds, from a cold start, of re-balances that write every quota. */
  async changingAll(): Promise<number[]> {
    const times: number[] = []
    for (let turn = 0; turn < rounds; turn++) {
      await this.cool()
      const began = performance.now()
      const { written } = await this.rebalance(1 + ((turn + 1) % 2))
      times.push(performance.now() - began)
      if (written !== accounts) throw new Error(`${written} quotas were written, not ${accounts}`)
    }
    return times
  }

  /** Rows of Nextcloud's tables that a re-balance wrote, as PostgreSQL counts them. */
  async rowsWritten(overCommitment: number): Promise<number> {
    const before = await this.#rows()
    await this.rebalance(overCommitment)
    return (await this.#rows()) - before
  }

  async #rows(): Promise<number> {
    await this.cool()
    await sleep(countedMs)
    const rows = await this.hoster.lab.engine.parts.databases.query(this.space, 'SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables')
    return Number(rows[0]?.[0])
  }

  /** What a hoster has without us, on the same space: `du` for the use of each home, `occ user:setting` for each quota. */
  async byHand(): Promise<number> {
    const began = performance.now()
    for (const userId of [this.target.administrator, ...people]) {
      await run('du', ['-s', '--apparent-size', join(this.space.data, userId)], { accept: [0, 1] })
      const { exitCode, stdout } = await this.hoster.lab.engine.occ(this.target, ['user:setting', userId, 'files', 'quota', '1 GB'])
      if (exitCode !== 0) throw new Error(stdout)
    }
    return performance.now() - began
  }

  async addFiles(): Promise<void> {
    const { uid, gid } = this.space.owner
    for (const userId of people) {
      const places = [join(this.space.data, userId), join(this.space.data, userId, 'files'), join(this.space.data, userId, 'files', 'papers')]
      for (const place of places) {
        await mkdir(place, { recursive: true, mode: 0o755 })
        await chown(place, uid, gid)
      }
      for (let index = 0; index < filesEach; index++) {
        const file = join(places[2] ?? '', `paper-${index}.txt`)
        await writeFile(file, 'x'.repeat(1000))
        await chown(file, uid, gid)
      }
    }
    const { exitCode, stdout } = await this.hoster.lab.engine.occ(this.target, ['files:scan', '--all', '--quiet'])
    if (exitCode !== 0) throw new Error(stdout)
  }

  /** Does a re-balance come to the same figures while the data directory is not there at all? */
  async needsNoDirectory(): Promise<boolean> {
    const { usage: before } = await this.rebalance(1)
    await rename(this.space.data, `${this.space.data}.away`)
    try {
      const { usage, written } = await this.rebalance(2)
      return written === accounts && usage.filesBytes === before.filesBytes && usage.filesBytes >= people.length * filesEach * 1000
    } finally {
      await rename(`${this.space.data}.away`, this.space.data)
    }
  }
}

async function measure(scene: Scene, report: Report): Promise<void> {
  const few = await scene.changingAll()
  const byHand = await scene.byHand()
  const ours = median(few)
  report({
    figure: `one re-balance of ${accounts} accounts that writes every quota, milliseconds (PHP started for it)`,
    ours: round(ours, 0),
    other: round(byHand, 0),
    otherName: 'du and occ user:setting for each account',
    ratio: round(byHand / ours),
    goal: 'at most 1000 ms',
    met: ours <= 1000,
  })
  await scene.addFiles()
  // The fastest of each: what else the machine does is no part of the question.
  const [crowded, without] = [Math.min(...(await scene.changingAll())), Math.min(...few)]
  const blind = await scene.needsNoDirectory()
  report({
    figure: `the same with ${people.length * filesEach} more files, milliseconds; right with the data directory moved away: ${blind ? 'yes' : 'no'}`,
    ours: round(crowded, 0),
    other: round(without, 0),
    otherName: 'without these files',
    ratio: round(crowded / without),
    goal: 'no directory scan: at most 1.25 times, and right without the directory',
    met: blind && crowded <= 1.25 * without,
  })
  const all = await scene.rowsWritten(1)
  const nothing = await scene.rowsWritten(1)
  report({
    figure: 'rows written by a re-balance when nothing changed',
    ours: nothing,
    other: all,
    otherName: 'when every quota changed',
    ratio: round(nothing / Math.max(1, all)),
    goal: 'none',
    met: nothing === 0 && all >= accounts,
  })
}

/** One re-balance of a real space with fifty accounts: how long, whether it looks at files, and whether it writes for nothing. */
export const pool: Bench = {
  unavailable: whyNoHostEngine,
  run: async (report) => {
    const release = releasesHere().includes('32.0.1') ? '32.0.1' : (releasesHere().at(-1) ?? '')
    await using hoster = await openHoster({ golden: false, databaseKind: 'postgresql' })
    await hoster.provision(slug, release, { storage: '40 GB', accounts })
    const target = await targetOfStored(hoster.context, await hoster.space(slug))
    for (const userId of people) await hoster.lab.engine.invite(target, { userId, displayName: userId, email: `${userId}@jardin.example`, locale: 'fr' })
    const space = await hoster.lab.engine.parts.spaces.find(target)
    if (space === undefined) throw new Error('the space is not there')
    await measure(new Scene(hoster, target, space), report)
  },
}
