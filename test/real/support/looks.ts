import type { Engine } from '../../../src/engine/contract.ts'

interface Look {
  /** The use was read no earlier, in milliseconds. */
  readonly readAt: number
  /** Quotas were in force no later. */
  decidedAt: number
}

/** Notes when an engine is asked for use and given quotas. */
export class Looks {
  readonly engine: Engine
  readonly #looks: Look[] = []

  constructor(engine: Engine) {
    this.engine = {
      ...engine,
      usage: async (target) => {
        const look: Look = { readAt: performance.now(), decidedAt: Infinity }
        const usage = await engine.usage(target)
        look.decidedAt = performance.now()
        this.#looks.push(look)
        return usage
      },
      setQuotas: async (target, quotas) => {
        const written = await engine.setQuotas(target, quotas)
        const look = this.#looks.at(-1)
        if (look) look.decidedAt = performance.now()
        return written
      },
    }
  }

  get count(): number {
    return this.#looks.length
  }

  /** Most bytes among these events from the moment one look read the use until the next one's quotas were in force. */
  mostBetween(events: readonly { readonly at: number; readonly bytes: number }[]): number {
    const windows = this.#looks.map(({ readAt }, index) => ({ from: readAt, to: this.#looks[index + 1]?.decidedAt ?? Infinity }))
    return Math.max(0, ...windows.map(({ from, to }) => events.reduce((sum, { at, bytes }) => (at >= from && at <= to ? sum + bytes : sum), 0)))
  }
}
