import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Account, MoveLab } from './move-lab.ts'
import { timed } from './report.ts'

export const hasNextcloudcmd = (): boolean => spawnSync('nextcloudcmd', ['--version'], { stdio: 'ignore', env: { ...process.env, QT_QPA_PLATFORM: 'offscreen' } }).status === 0

/** Seconds that the desktop client takes: one sync from the source into a folder of this machine, one from there to the destination. Both folders exist. */
export async function nextcloudcmd(lab: MoveLab, { from, to }: { readonly from: string; readonly to: string }): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'chaton-bench-sync-'))
  const local = join(directory, 'files')
  try {
    mkdirSync(local)
    return await timed(async () => {
      await sync({ account: lab.accounts.source, path: from, local, home: directory })
      await sync({ account: lab.accounts.destination, path: to, local, home: directory })
    })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

interface Sync {
  readonly account: Account
  readonly path: string
  readonly local: string
  readonly home: string
}

async function sync({ account, path, local, home }: Sync): Promise<void> {
  const { hostname } = new URL(account.url)
  writeFileSync(join(home, '.netrc'), `machine ${hostname} login ${account.userId} password ${account.password}\n`, { mode: 0o600 })
  const env = { PATH: process.env['PATH'], HOME: home, QT_QPA_PLATFORM: 'offscreen' }
  const { status, stderr } = spawnSync('nextcloudcmd', ['-n', '-s', '--non-interactive', '--path', `/${path}`, local, account.url], { env, encoding: 'utf8', maxBuffer: 2 ** 28 })
  await Promise.resolve()
  if (status !== 0) throw new Error(`nextcloudcmd ended with ${status}: ${stderr.slice(-2000)}`)
}
