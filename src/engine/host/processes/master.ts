import { readFile, readdir, stat } from 'node:fs/promises'

export interface MasterState {
  readonly pid: number
  /** Its workers, that serve or wait for the next request. */
  readonly workers: readonly number[]
  /** Share of the memory in use (PSS) by the master and its workers. */
  readonly residentBytes: number
  /** Moves with every request: the workers there are, and the time each has spent. */
  readonly work: string
}

/**
 * The PHP-FPM master that names this configuration file in its title (`php-fpm: master process (<file>)`) and belongs
 * to this user.
 */
export async function masterOf(configFile: string, uid: number): Promise<MasterState | undefined> {
  const title = `php-fpm: master process (${configFile})`
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || !(await textOf(`/proc/${name}/cmdline`)).startsWith(title)) continue
    if ((await ownerOf(`/proc/${name}`)) !== uid) continue
    const workers = (await textOf(`/proc/${name}/task/${name}/children`)).trim().split(' ').filter(Boolean).map(Number)
    const shares = await Promise.all([Number(name), ...workers].map(async (pid) => proportionalBytes(await textOf(`/proc/${pid}/smaps_rollup`))))
    const spent = await Promise.all(workers.map(async (pid) => `${pid}:${processorTicks(await textOf(`/proc/${pid}/stat`))}`))
    return { pid: Number(name), workers, residentBytes: shares.reduce((sum, share) => sum + share, 0), work: spent.join(' ') }
  }
  return undefined
}

/** Connections that were made to this Unix socket and have not ended: requests that are served or wait. */
export async function connectionsTo(socket: string): Promise<number> {
  return countConnections(await readFile('/proc/net/unix', 'utf8'), socket)
}

/** Lines of /proc/net/unix (proc(5)) for the path, without the listening one, whose flags are `00010000`. */
export function countConnections(table: string, socket: string): number {
  const lines = table.split('\n').map((line) => line.trim().split(/\s+/))
  return lines.filter(([, , , flags, , , , path]) => path === socket && flags !== '00010000').length
}

/** The `Pss:` line of smaps_rollup (proc(5)), in bytes; 0 where there is none. */
export function proportionalBytes(rollup: string): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024
}

/** User and system time of a process, in ticks (fields 14 and 15 of proc(5) stat; the name before them may hold anything). */
export function processorTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
}

/** Empty for a process that has just ended. */
async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

async function ownerOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    (status) => status.uid,
    () => undefined,
  )
}
