import { readFile, readdir, stat } from 'node:fs/promises'

export interface MasterState {
  readonly pid: number
  /** Processes of its own: workers that serve, or wait for the next request. */
  readonly workers: number
  /** Share of the memory in use (PSS), workers not counted. */
  readonly residentBytes: number
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
    const children = (await textOf(`/proc/${name}/task/${name}/children`)).trim()
    return {
      pid: Number(name),
      workers: children === '' ? 0 : children.split(' ').length,
      residentBytes: proportionalBytes(await textOf(`/proc/${name}/smaps_rollup`)),
    }
  }
  return undefined
}

/** The `Pss:` line of smaps_rollup (proc(5)), in bytes; 0 where there is none. */
export function proportionalBytes(rollup: string): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024
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
