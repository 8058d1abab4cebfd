import type { Clock } from '../kit/clock.ts'
import { asChatonError, type ChatonError } from '../kit/errors.ts'
import { judged, noTimes, type AnswerTimes } from './latency.ts'

/** `gentle`: one request at a time. */
export type Manner = 'gentle' | 'polite' | 'fast'

interface Limits {
  readonly start: number
  readonly most: number
}

const limits: Readonly<Record<Manner, Limits>> = {
  gentle: { start: 1, most: 1 },
  polite: { start: 2, most: 4 },
  fast: { start: 4, most: 8 },
}

const attempts = 6
const firstWaitMs = 500
const longestWaitMs = 60_000
/** Maintenance lasts minutes: waited for, up to half an hour in all. */
const patienceMs = 1_800_000
/** So many good answers in a row allow one more at once. */
const goodBeforeMore = 8

export interface PaceOptions {
  readonly clock: Clock
  readonly manner: Manner
  readonly signal: AbortSignal
  readonly onWait?: (reason: string, milliseconds: number) => void
}

/**
 * The concurrency of one host: additive increase while answers are good and come in good time, halved by 423, 429, 5xx, silence, and
 * answer times far above the best of this host (AIMD). Failed work is repeated where its error says that a repeat may help; the work
 * must bear that.
 */
export class Pace {
  readonly #options: PaceOptions
  #allowed: number
  #running = 0
  #good = 0
  #restUntil = 0
  readonly #waiting: (() => void)[] = []
  readonly #times = new Map<string, AnswerTimes>()

  constructor(options: PaceOptions) {
    this.#options = options
    this.#allowed = limits[options.manner].start
  }

  /** How many may run at once now. */
  get allowed(): number {
    return this.#allowed
  }

  get most(): number {
    return limits[this.#options.manner].most
  }

  /** `sort` names work that costs about the same each time; only such work tells by its time whether the host is slow. */
  async run<T>(work: () => Promise<T>, sort?: string): Promise<T> {
    const { clock } = this.#options
    const began = clock.now().getTime()
    for (let attempt = 1; ; attempt++) {
      try {
        const { result, milliseconds } = await this.#once(work)
        this.#succeeded(sort, milliseconds)
        return result
      } catch (thrown) {
        const error = asChatonError(thrown)
        if (!error.retryable || this.#options.signal.aborted) throw thrown
        const late = clock.now().getTime() - began > patienceMs
        if (late || (attempt >= attempts && statusOf(error) !== 503)) throw thrown
        this.#slowDown(error, attempt)
      }
    }
  }

  async #once<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly milliseconds: number }> {
    const { clock } = this.#options
    await this.#enter()
    try {
      await this.#rest()
      const began = clock.now().getTime()
      const result = await work()
      return { result, milliseconds: clock.now().getTime() - began }
    } finally {
      this.#running -= 1
      this.#waiting.shift()?.()
    }
  }

  async #enter(): Promise<void> {
    while (this.#running >= this.#allowed) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#running += 1
  }

  async #rest(): Promise<void> {
    const { clock, signal } = this.#options
    const left = this.#restUntil - clock.now().getTime()
    if (left > 0) await clock.sleep(left, signal)
    signal.throwIfAborted()
  }

  #succeeded(sort: string | undefined, milliseconds: number): void {
    if (sort !== undefined) {
      const { times, verdict } = judged(this.#times.get(sort) ?? noTimes, milliseconds)
      this.#times.set(sort, times)
      if (verdict === 'slow') this.#halve()
      if (verdict !== 'steady') return
    }
    this.#good += 1
    if (this.#good < goodBeforeMore) return
    this.#good = 0
    if (this.#allowed >= this.most) return
    this.#allowed += 1
    this.#waiting.shift()?.()
  }

  #halve(): void {
    this.#good = 0
    this.#allowed = Math.max(1, Math.floor(this.#allowed / 2))
  }

  #slowDown(error: ChatonError, attempt: number): void {
    const { clock, onWait } = this.#options
    this.#halve()
    const wait = waitFor(error, attempt)
    this.#restUntil = Math.max(this.#restUntil, clock.now().getTime() + wait)
    onWait?.(error.message, wait)
  }
}

function statusOf({ data }: ChatonError): number | undefined {
  return typeof data['status'] === 'number' ? data['status'] : undefined
}

/** What the server asked for, else doubling from half a second. Pure. */
export function waitFor({ data }: Pick<ChatonError, 'data'>, attempt: number): number {
  const asked = data['retryAfterMs']
  if (typeof asked === 'number') return Math.min(longestWaitMs * 5, Math.max(asked, firstWaitMs))
  return Math.min(longestWaitMs, firstWaitMs * 2 ** (attempt - 1))
}
