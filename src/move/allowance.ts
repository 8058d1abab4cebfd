import type { MoveContext } from './contract.ts'
import type { KindName } from './kinds.ts'

/** What a server lets an account do so often in a period. */
export interface Limit {
  /** For the journal, for example `calendars.new`. */
  readonly name: string
  readonly most: number
  readonly periodMs: number
  /** For people: "new calendars". */
  readonly what: string
}

const marginMs = 5_000
const stepMs = 60_000

/**
 * Waits, told to the person, where a server answers that something was done too often (429; it does not say for how long). Nothing
 * is held back beforehand: hosters change these limits, and some servers have none.
 */
export class Allowance {
  readonly #context: MoveContext
  readonly #kind: KindName
  readonly #limit: Limit
  #waitedMs = 0

  constructor(context: MoveContext, kind: KindName, limit: Limit) {
    this.#context = context
    this.#kind = kind
    this.#limit = limit
  }

  /** One was done. */
  done(): void {
    const times = [...this.#times(), this.#context.clock.now().getTime()].slice(-this.#limit.most)
    this.#context.journal.setFact(this.#fact, JSON.stringify(times))
    this.#waitedMs = 0
  }

  /** The server wants no more now: waits until one more may be tried. False where that was waited for a whole period already, in vain. */
  async wait(): Promise<boolean> {
    const { clock, signal, journal, progress } = this.#context
    const { most, periodMs, what } = this.#limit
    if (this.#waitedMs > periodMs) return false
    const now = clock.now().getTime()
    const until = nextFree(this.#times(), this.#limit, now)
    const said = `the new host takes ${most} ${what} in ${minutes(periodMs)}: going on at ${timeOf(until)}`
    journal.note(this.#kind, said, new Date(now))
    for (let left = until - now; left > 0; left = until - clock.now().getTime()) {
      progress({ kind: this.#kind, done: 0, total: 0, note: said })
      await clock.sleep(Math.min(left, stepMs), signal)
      signal.throwIfAborted()
    }
    this.#waitedMs += until - now
    return true
  }

  #times(): number[] {
    return JSON.parse(this.#context.journal.fact(this.#fact) ?? '[]') as number[]
  }

  get #fact(): string {
    return `allowance.${this.#limit.name}`
  }
}

/**
 * When a server that counts each of the last period may take one more: a period after the first of the last `most`. Where others
 * used some of them up, it is tried again in tenths of the period. Pure.
 */
export function nextFree(times: readonly number[], { most, periodMs }: Pick<Limit, 'most' | 'periodMs'>, now: number): number {
  const first = times.at(-most)
  const known = first === undefined ? 0 : first + periodMs + marginMs
  return known > now ? known : now + periodMs / 10
}

const minutes = (milliseconds: number): string => (milliseconds === 3_600_000 ? 'an hour' : `${Math.round(milliseconds / 60_000)} minutes`)
const timeOf = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(11, 16).concat(' UTC')
