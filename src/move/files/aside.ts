import { asChatonError, type ChatonError } from '../../kit/errors.ts'
import { statusOf, stops } from './trouble.ts'

/** A host that fails with one thing after the other is ill; one that refuses them has its rules, and locks. */
const mostInARow = 25
const isIllness = (error: ChatonError): boolean => error.retryable && statusOf(error) !== 423

/** What a server refused, to be tried again after all others. */
export class Aside {
  readonly keys: string[] = []
  #inARow = 0

  /** Throws what ends the run. */
  async unless(key: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
      this.#inARow = 0
    } catch (thrown) {
      const error = refusedAlone(thrown)
      this.#inARow += isIllness(error) ? 1 : 0
      if (this.#inARow > mostInARow) throw error
      this.keys.push(key)
    }
  }

  /** Answers why it was refused once more, undefined if it was not. Throws what ends the run. */
  async again(work: () => Promise<void>): Promise<ChatonError | undefined> {
    try {
      await work()
      return undefined
    } catch (thrown) {
      return refusedAlone(thrown)
    }
  }
}

/** A failure that the others need not meet; throws any other. */
export function refusedAlone(thrown: unknown): ChatonError {
  const error = asChatonError(thrown)
  if (stops(error)) throw error
  return error
}
