import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Account } from './move-lab.ts'
import { timed } from './report.ts'

export const whyNoVdirsyncer = (): string | undefined => (spawnSync('vdirsyncer', ['--version'], { stdio: 'ignore' }).status === 0 ? undefined : 'vdirsyncer is not installed')

interface Pair {
  readonly type: 'caldav' | 'carddav'
  readonly source: Account
  readonly destination: Account
  /** Uris of two collections that exist; the second is empty. */
  readonly from: string
  readonly to: string
}

/** Seconds of `vdirsyncer sync` from one server to the other; finding the collections is not counted. */
export async function vdirsyncer({ type, source, destination, from, to }: Pair): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'chaton-bench-vdir-'))
  const config = join(directory, 'config')
  const storage = (name: string, { url, userId, password }: Account): string =>
    [`[storage ${name}]`, `type = ${quoted(type)}`, `url = ${quoted(`${url}/remote.php/dav/`)}`, `username = ${quoted(userId)}`, `password = ${quoted(password)}`].join('\n')
  const pair = ['[pair move]', 'a = "old"', 'b = "new"', `collections = [["all", ${quoted(from)}, ${quoted(to)}]]`, 'conflict_resolution = "a wins"'].join('\n')
  writeFileSync(config, [`[general]\nstatus_path = ${quoted(join(directory, 'status'))}`, pair, storage('old', source), storage('new', destination)].join('\n\n'), { mode: 0o600 })
  try {
    run(config, 'discover')
    return await timed(async () => await Promise.resolve(run(config, 'sync')))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const quoted = (text: string): string => JSON.stringify(text)

function run(config: string, command: string): void {
  const { status, stderr } = spawnSync('vdirsyncer', ['--config', config, '--verbosity', 'ERROR', command], { encoding: 'utf8', input: '', env: { PATH: process.env['PATH'], HOME: '/nonexistent' } })
  if (status !== 0) throw new Error(`vdirsyncer ${command} ended with ${status}: ${stderr.slice(-2000)}`)
}
