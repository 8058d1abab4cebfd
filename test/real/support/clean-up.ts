import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { OwnSupervisor } from '../../../src/engine/host/supervisor/own.ts'
import { systemClock } from '../../../src/kit/clock.ts'

export const namesIn = (directory: string): string[] => (existsSync(directory) ? readdirSync(directory) : [])
export const lines = (command: string, ...args: readonly string[]): string[] => execFileSync(command, args, { encoding: 'utf8' }).split('\n')
/** Rows of a query on this machine's PostgreSQL. */
export const sql = (query: string): string[] => lines('runuser', '-u', 'postgres', '--', 'psql', '-XAtc', query)

/** What an installation without spaces has left on the machine: its web server, golden spaces, its state directory. */
export async function removeInstallation(state: string): Promise<void> {
  const supervisor = new OwnSupervisor({ directory: join(state, 'units'), clock: systemClock })
  for (const unit of await supervisor.list()) await supervisor.stop(unit)
  for (const id of namesIn(join(state, 'golden'))) dropGolden(id)
  rmSync(state, { recursive: true, force: true })
}

function dropGolden(id: string): void {
  if (!/^ch-golden-[0-9a-f]{6}$/.test(id)) return
  const at = ['-u', 'postgres', '--', 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1']
  if (sql(`SELECT 1 FROM pg_database WHERE datname = '${id}'`)[0] === '1') {
    execFileSync('runuser', [...at, '-c', `ALTER DATABASE "${id}" IS_TEMPLATE false`])
    execFileSync('runuser', [...at, '-c', `DROP DATABASE "${id}"`])
  }
  execFileSync('runuser', [...at, '-c', `DROP ROLE IF EXISTS "${id}"`])
}
