/** Answer times of one sort of request to one host, which should cost about the same each time. Milliseconds. */
export interface AnswerTimes {
  /** The last few, oldest first. */
  readonly recent: readonly number[]
  /** Smallest median seen; follows slowly when the host stays slower. */
  readonly best: number | undefined
}

/** `slow`: far above what this host can do. `busy`: more at once would gain nothing. `steady`: more may be tried. */
export type Verdict = 'slow' | 'busy' | 'steady'

const windowSize = 7
const leastSamples = 5
/** With twice as many requests at once on a busy processor, answers take twice as long and nothing is lost; beyond, they only queue. */
const slowRatio = 3
const steadyRatio = 2
/** Below this, nobody waits for anything. */
const negligibleMs = 200
/** A host that stays three times as slow is taken to be so after about 110 answers. */
const forgetting = 1.01

export const noTimes: AnswerTimes = { recent: [], best: undefined }

/** Takes in one more answer time, and says what the last ones mean beside the best seen. After `slow`, the next verdict needs new answers. Pure. */
export function judged({ recent, best }: AnswerTimes, milliseconds: number): { readonly times: AnswerTimes; readonly verdict: Verdict } {
  const last = [...recent, milliseconds].slice(-windowSize)
  if (last.length < leastSamples) return { times: { recent: last, best }, verdict: 'steady' }
  const now = medianOf(last)
  const baseline = Math.min(now, (best ?? now) * forgetting)
  if (now > negligibleMs && now > slowRatio * baseline) return { times: { recent: [], best: baseline }, verdict: 'slow' }
  return { times: { recent: last, best: baseline }, verdict: now <= negligibleMs || now <= steadyRatio * baseline ? 'steady' : 'busy' }
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

/** Name of a sort of work: the same for amounts that differ by less than about half. Pure. */
export const sortOf = (name: string, ...amounts: readonly number[]): string => [name, ...amounts.map((amount) => Math.round(Math.log2(Math.max(1, amount))))].join(' ')
