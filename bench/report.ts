/** One measured figure beside what it is compared with, both from the same run. */
export interface Figure {
  readonly figure: string
  readonly ours: number
  readonly other: number
  readonly otherName: string
  /** How the two compare, in the sense of the goal. */
  readonly ratio: number
  /** The goal in words. */
  readonly goal: string
  readonly met: boolean
}

export type Report = (figure: Figure) => void

export interface Bench {
  /** Why it cannot run on this machine; undefined when it can. */
  unavailable?(): Promise<string | undefined>
  run(report: Report): Promise<void>
}

export const round = (value: number, digits = 2): number => Number(value.toFixed(digits))

/** Middle value of several runs. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (middle === undefined) throw new RangeError('no values')
  return middle
}
