import { ChatonError } from '../../../src/kit/errors.ts'
import type { ContextForTest } from './context.ts'
import type { MemoryFiles } from './memory-files.ts'

export class Killed extends Error {}

export interface Mishaps {
  /** Number of the request, from 1, at which the run is killed; undefined: never. */
  readonly kill?: number | undefined
  readonly when: 'before' | 'after'
  /** Numbers of the requests that take effect, and whose answers are lost. */
  readonly lost?: readonly number[]
}

/**
 * Ends a run as `kill -9` would at its n-th request, just before or just after that took effect: from then on no request has an effect
 * and nothing is written to the journal. Answers whether it was killed.
 */
export async function withMishaps(context: ContextForTest, sides: readonly MemoryFiles[], { kill = Number.POSITIVE_INFINITY, when, lost = [] }: Mishaps, work: () => Promise<unknown>): Promise<boolean> {
  let begun = 0
  let dead = false
  const hook = (at: 'before' | 'after'): void => {
    if (at === 'before') begun += 1
    if (!dead && at === 'after' && lost.includes(begun)) throw new ChatonError('remote-failed', 'no answer', { retryable: true })
    if (!dead && (begun < kill || at !== when)) return
    if (!dead) context.journal[Symbol.dispose]()
    dead = true
    throw new Killed()
  }
  for (const side of sides) side.hook = hook
  try {
    await work()
  } catch (error) {
    if (!dead) throw error
  } finally {
    for (const side of sides) side.hook = () => undefined
  }
  return dead
}
