import { readFile, readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { proportionalBytes } from '../src/engine/host/processes/master.ts'
import { findPhp } from '../src/engine/host/processes/php-binary.ts'
import { hasProgram } from '../src/kit/exec.ts'
import { smallMachine, type SmallMachine } from '../test/real/support/small-release.ts'
import { median, round, type Bench, type Report } from './report.ts'

const spaces = 100
/** Until masters and workers have settled. */
const settleMs = 5000
/** Measured at both ends of the row: one alone says more about the moment than about the hundred. */
const ends = 10
const megabyte = 1_000_000

/** Proportional memory (PSS) of all processes of the spaces' users, in bytes. */
async function memoryOf(users: ReadonlySet<number>): Promise<number> {
  let sum = 0
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
    if (users.has(Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? -1))) sum += proportionalBytes(await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => ''))
  }
  return sum
}

async function measure(machine: SmallMachine, report: Report): Promise<void> {
  const users = new Set<number>()
  const starts: number[] = []
  const sites: number[] = []
  let alone = 0
  for (const space of await machine.spaces(spaces)) {
    users.add(space.owner.uid)
    const began = performance.now()
    await machine.processes.ensure(space)
    const running = performance.now()
    await machine.sites.ensure(space, 'live')
    starts.push(running - began)
    sites.push(performance.now() - running)
    if (users.size > 1) continue
    await sleep(settleMs)
    alone = await memoryOf(users)
  }
  await sleep(settleMs)
  const each = (await memoryOf(users)) / spaces
  report({
    figure: `idle resident memory of one of ${spaces} spaces, MB (PSS)`,
    ours: round(each / megabyte),
    other: round(alone / megabyte),
    otherName: 'one space alone on the machine',
    ratio: round(each / alone),
    goal: 'at most 15 MB beside PostgreSQL',
    met: each <= 15 * megabyte,
  })
  const [first, last] = [median(starts.slice(0, ends)), median(starts.slice(-ends))]
  report({
    figure: `processes of the ${spaces}th space, milliseconds`,
    ours: round(last, 0),
    other: round(first, 0),
    otherName: 'the first (medians of ten)',
    ratio: round(last / first),
    goal: 'at most 1.5 times the first',
    met: last <= 1.5 * first,
  })
  // The very first starts Caddy too, and is left out.
  const [firstSite, lastSite] = [median(sites.slice(1, 1 + ends)), median(sites.slice(-ends))]
  report({
    figure: `site of the ${spaces}th space, milliseconds`,
    ours: round(lastSite, 0),
    other: round(firstSite, 0),
    otherName: 'the first (medians of ten)',
    ratio: round(lastSite / firstSite),
    goal: 'at most 500 ms: Caddy takes in all sites at each change',
    met: lastSite <= 500,
  })
}

/** A hundred spaces on this machine: what each takes when nobody is there, and whether the last comes as fast as the first. */
export const density: Bench = {
  unavailable: async () => {
    if (process.getuid?.() !== 0) return 'it makes processes of other users, which only root may'
    if (!(await hasProgram('caddy'))) return 'Caddy is not installed'
    return findPhp().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    )
  },
  run: async (report) => {
    const machine = await smallMachine()
    try {
      await measure(machine, report)
    } finally {
      await machine.dispose()
    }
  },
}
