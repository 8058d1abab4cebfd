import { readFileSync } from 'node:fs'

/** `<pid>:<start time in clock ticks since boot>`, which no later process shares; `undefined` if there is no such process. */
export function processMark(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const started = fields[18]
    return started === undefined || state === 'Z' ? undefined : `${pid}:${started}`
  } catch {
    return undefined
  }
}

export const pidOf = (mark: string): number => Number(mark.split(':')[0])

/** True while that very process runs, not a later one with the same number. */
export const isAlive = (mark: string): boolean => processMark(pidOf(mark)) === mark
