import { readFile, readdir, readlink } from 'node:fs/promises'
import { hasSystemCode } from '../../../kit/errors.ts'

/** One line of /proc/<pid>/stat, proc(5), as far as we need it. */
export interface ProcessStat {
  readonly pid: number
  readonly state: string
  /** Clock ticks since boot: with the pid it names a process, also after the pid was given to another. */
  readonly startTime: string
}

const gone = ['ENOENT', 'ESRCH', 'EACCES']

/** The command name (field 2) may hold spaces and parentheses, so fields are counted from the last `)`. */
export function parseStat(line: string): ProcessStat | undefined {
  const pid = Number(line.slice(0, line.indexOf(' ')))
  const fields = line.slice(line.lastIndexOf(')') + 2).trim().split(' ')
  const [state] = fields
  const startTime = fields[19]
  if (!Number.isInteger(pid) || pid <= 0 || state === undefined || startTime === undefined) return undefined
  return { pid, state, startTime }
}

/** `undefined` where there is no such process; a zombie has ended and counts as none. */
export async function statOf(pid: number): Promise<ProcessStat | undefined> {
  try {
    const stat = parseStat(await readFile(`/proc/${pid}/stat`, 'utf8'))
    return stat === undefined || stat.state === 'Z' || stat.state === 'X' ? undefined : stat
  } catch (error) {
    if (hasSystemCode(error, ...gone)) return undefined
    throw error
  }
}

/** Changes with each boot: a pid and start time of an earlier one say nothing. */
export async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
}

/**
 * Every process that has this file open at this descriptor number. Children inherit descriptors, so this finds a
 * master, its workers and what they started, in whatever session, and never a stranger that got a recycled pid.
 */
export async function holdersOf(file: string, descriptor: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const held = await Promise.all(
    pids.map(async (pid) => {
      try {
        const target = await readlink(`/proc/${pid}/fd/${descriptor}`)
        return target === file || target === `${file} (deleted)`
      } catch {
        return false
      }
    }),
  )
  return pids.filter((_, index) => held[index]).map(Number)
}

/** Sends a signal; a process that has just ended is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!hasSystemCode(error, 'ESRCH')) throw error
  }
}
