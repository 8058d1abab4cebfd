import type { ContextForTest } from './context.ts'
import type { MemoryFiles } from './memory-files.ts'

export class Killed extends Error {}

/**
 * Ends a run as `kill -9` would at its n-th request, just before or just after that took effect: from then on no request has an effect
 * and nothing is written to the journal. Answers how many requests were begun.
 */
export async function killedAt(context: ContextForTest, sides: readonly MemoryFiles[], at: { readonly request: number; readonly when: 'before' | 'after' }, work: () => Promise<unknown>): Promise<boolean> {
  let begun = 0
  let dead = false
  const hook = (when: 'before' | 'after'): void => {
    if (when === 'before') begun += 1
    if (!dead && (begun < at.request || when !== at.when)) return
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
