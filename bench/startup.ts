import { spawnSync } from 'node:child_process'
import { median, round, type Bench } from './report.ts'

const rounds = 11

function timed(args: readonly string[]): number {
  const began = performance.now()
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' })
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`)
  return performance.now() - began
}

/** `chaton --help` beside `node -e 0`, in turns. */
export const startup: Bench = {
  run: async (report) => {
    const help: number[] = []
    const bare: number[] = []
    for (let turn = 0; turn < rounds; turn++) {
      bare.push(timed(['-e', '0']))
      help.push(timed(['bin/chaton.js', '--help']))
    }
    const [ours, other] = [median(help), median(bare)]
    report({
      figure: 'chaton --help, milliseconds',
      ours: round(ours, 0),
      other: round(other, 0),
      otherName: 'node -e 0',
      ratio: round(ours / other),
      goal: 'at most 150 ms more',
      met: ours - other <= 150,
    })
  },
}
