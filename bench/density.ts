import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { proportionalBytes } from '../src/engine/host/processes/master.ts'
import { whyNoHostEngine } from '../test/real/support/machine.ts'
import { openBenchHost, type BenchHost } from './host.ts'
import { median, round, type Bench } from './report.ts'

const spaces = 100
/** Until masters and workers have settled. */
const settleMs = 10_000
/** Measured at both ends of the row: one alone says more about the moment than about the hundred. */
const ends = 10
const megabyte = 1_000_000

/** Proportional memory (PSS) of all processes of the spaces' Unix users, in bytes: PHP-FPM and Redis. */
function memoryOf({ state }: BenchHost): number {
  const owners = new Set(readdirSync(join(state, 'spaces')).map((id) => statSync(join(state, 'spaces', id, 'log')).uid))
  const text = (path: string): string => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return ''
    }
  }
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const theirs = pids.filter((pid) => owners.has(Number(/^Uid:\s+(\d+)/m.exec(text(`/proc/${pid}/status`))?.[1] ?? -1)))
  return theirs.reduce((sum, pid) => sum + proportionalBytes(text(`/proc/${pid}/smaps_rollup`)), 0)
}

/** A hundred real spaces on this machine: what each takes when nobody is there, and whether the last comes as fast as the first. */
export const density: Bench = {
  unavailable: whyNoHostEngine,
  run: async (report) => {
    await using host = openBenchHost()
    host.provision('bench-000')
    await sleep(settleMs)
    const alone = memoryOf(host)
    const took: number[] = []
    for (let turn = 1; turn < spaces; turn++) {
      const began = performance.now()
      host.provision(`bench-${String(turn).padStart(3, '0')}`)
      took.push((performance.now() - began) / 1000)
    }
    await sleep(settleMs)
    const each = memoryOf(host) / spaces
    report({
      figure: `idle resident memory of one of ${spaces} spaces, MB (PSS)`,
      ours: round(each / megabyte),
      other: round(alone / megabyte),
      otherName: 'one space alone on the machine',
      ratio: round(each / alone),
      goal: 'at most 15 MB beside PostgreSQL',
      met: each <= 15 * megabyte,
    })
    // The very first installs the golden space, and is left out.
    const [first, last] = [median(took.slice(0, ends)), median(took.slice(-ends))]
    report({
      figure: `chaton provision of the ${spaces}th space, seconds`,
      ours: round(last),
      other: round(first),
      otherName: 'the first (medians of ten)',
      ratio: round(last / first),
      goal: 'at most 1.5 times the first',
      met: last <= 1.5 * first,
    })
  },
}
