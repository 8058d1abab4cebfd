import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setup as build } from '../test/support/build.ts'
import { startBeside } from './background.ts'
import { moveOnce, type Account } from './move-lab.ts'
import { round, type Bench } from './report.ts'

const folders = 5
const mostFiles = 20_000
const mostMemory = 128
const mostMilliseconds = 1

/** A hundred thousand files in folders of twenty thousand, between servers that do nothing: what the mover itself takes. */
export const moveMemory: Bench = {
  run: async (report, { scale, firstPort: port }) => {
    const filesEach = mostFiles * scale
    const all = folders * (filesEach + 1)
    build()
    const directory = mkdtempSync(join(tmpdir(), 'chaton-bench-move-'))
    try {
      using _server = await startBeside('endless-server.ts', port, folders, filesEach)
      const account = (side: string): Account => ({ url: `http://127.0.0.1:${port}/${side}`, userId: 'camille', password: 'none' })
      const { moved, memory, seconds } = await moveOnce({ source: account('old'), destination: account('new'), journal: join(directory, 'journal.sqlite') })
      if (moved !== all) throw new Error(`${moved} of ${all} were moved`)
      const each = (seconds * 1000) / all
      report({ figure: `resident memory for ${all} files in folders of ${filesEach}, MiB`, ours: round(memory, 0), other: mostMemory, otherName: 'bound', ratio: round(memory / mostMemory), goal: `at most ${mostMemory} MiB`, met: memory <= mostMemory })
      report({ figure: 'the mover alone, for each of them, milliseconds', ours: round(each), other: mostMilliseconds, otherName: 'bound', ratio: round(each / mostMilliseconds), goal: `at most ${mostMilliseconds} ms`, met: each <= mostMilliseconds })
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
}
