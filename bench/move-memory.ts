import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setup as build } from '../test/support/build.ts'
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
    const server = spawn(process.execPath, [resolve(import.meta.dirname, 'endless-server.ts'), String(port), String(folders), String(filesEach)], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await once(server.stdout, 'data')
      const account = (side: string): Account => ({ url: `http://127.0.0.1:${port}/${side}`, userId: 'camille', password: 'none' })
      const { moved, memory, seconds } = await moveOnce({ source: account('old'), destination: account('new'), journal: join(directory, 'journal.sqlite') })
      if (moved !== all) throw new Error(`${moved} of ${all} were moved`)
      const each = (seconds * 1000) / all
      report({ figure: `resident memory for ${all} files in folders of ${filesEach}, MiB`, ours: round(memory, 0), other: mostMemory, otherName: 'bound', ratio: round(memory / mostMemory), goal: `at most ${mostMemory} MiB`, met: memory <= mostMemory })
      report({ figure: 'the mover alone, for each of them, milliseconds', ours: round(each), other: mostMilliseconds, otherName: 'bound', ratio: round(each / mostMilliseconds), goal: `at most ${mostMilliseconds} ms`, met: each <= mostMilliseconds })
    } finally {
      server.kill()
      rmSync(directory, { recursive: true, force: true })
    }
  },
}
