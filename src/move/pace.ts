import type { Clock } from '../kit/clock.ts'
import { asChatonError, ChatonError } from '../kit/errors.ts'
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
/** Nextcloud says 503 of a file that it cannot open, too: from this attempt on, it is looked whether the host answers otherwise. */
const firstLook = 3
/** So often in a row it does, and the work fails: then it is for this work alone. */
const mostLooks = 2
/** So many good answers in a row allow one more at once. */
const goodBeforeMore = 8

export interface PaceOptions {
  readonly clock: Clock
  readonly manner: Manner
  readonly signal: AbortSignal
  readonly onWait?: (reason: string, milliseconds: number) => void
  /** Whether the host answers something that it can always answer. Not given: whether other work was done that began after the last failure. */
  readonly answers?: () => Promise<boolean>
}

/**
 * The concurrency of one host: additive increase while answers are good and come in good time, halved by 423, 429, 5xx, silence, and
 * answer times far above the best of this host (AIMD). Failed work is repeated where its error says that a repeat may help; the work
 * must bear that. A host that is out of order (503) is waited for; where it says 503 to one work and answers otherwise, that fails with
 * `data.onlyThis`.
 */
export class Pace {
  readonly #options: PaceOptions
  #allowed: number
  #running = 0
  #good = 0
  #restUntil = 0
  /** When the work began that was done, the latest. */
  #goodFrom = 0
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
    const began = this.#now()
    let failed = began
    let looks = 0
    for (let attempt = 1; ; attempt++) {
      try {
        const { result, milliseconds } = await this.#once(work)
        this.#succeeded(sort, milliseconds)
        return result
      } catch (thrown) {
        const error = asChatonError(thrown)
        if (!error.retryable || this.#options.signal.aborted) throw thrown
        const waits = isOutOfOrder(error)
        if (this.#now() - began > patienceMs || (attempt >= attempts && !waits)) throw thrown
        looks = waits && attempt >= firstLook && !saysWhy(error) && (await this.#answers(failed)) ? looks + 1 : 0
        if (looks === mostLooks) throw ofThisOnly(error)
        failed = this.#now()
        this.#slowDown(error, attempt)
      }
    }
  }

  async #answers(since: number): Promise<boolean> {
    const { answers } = this.#options
    return answers === undefined ? this.#goodFrom > since : await answers()
  }

  async #once<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly milliseconds: number }> {
    await this.#enter()
    try {
      await this.#rest()
      const began = this.#now()
      const result = await work()
      this.#goodFrom = Math.max(this.#goodFrom, began)
      return { result, milliseconds: this.#now() - began }
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
    this.#halve()
    const wait = waitFor(error, attempt)
    this.#restUntil = Math.max(this.#restUntil, this.#now() + wait)
    this.#options.onWait?.(error.message, wait)
  }

  #now(): number {
    return this.#options.clock.now().getTime()
  }
}

const isOutOfOrder = ({ data }: ChatonError): boolean => data['status'] === 503

/** It is in maintenance, or said when to come back. */
const saysWhy = ({ data }: ChatonError): boolean => data['maintenance'] === true || typeof data['retryAfterMs'] === 'number'

function ofThisOnly(error: ChatonError): ChatonError {
  const { code, message, actor, retryable, next, data } = error
  return new ChatonError(code, message, { actor, retryable, next, data: { ...data, onlyThis: true }, cause: error })
}

/** What the server asked for, else doubling from half a second. Pure. */
export function waitFor({ data }: Pick<ChatonError, 'data'>, attempt: number): number {
  const asked = data['retryAfterMs']
  if (typeof asked === 'number') return Math.min(longestWaitMs * 5, Math.max(asked, firstWaitMs))
  return Math.min(longestWaitMs, firstWaitMs * 2 ** (attempt - 1))
}
