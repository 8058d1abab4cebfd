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

export interface BenchOptions {
  /** Share of the full size, for trying: 0.1 is a tenth of the files. Figures that are told of are those of 1. */
  readonly scale: number
  /** Loopback port of the first server that is started; the others have the next. */
  readonly firstPort: number
}

export interface Bench {
  /** Why it cannot run on this machine; undefined when it can. */
  unavailable?(): Promise<string | undefined>
  run(report: Report, options: BenchOptions): Promise<void>
}

export const round = (value: number, digits = 2): number => Number(value.toFixed(digits))

/** Seconds that something takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

/** Middle value of several runs. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (middle === undefined) throw new RangeError('no values')
  return middle
}
