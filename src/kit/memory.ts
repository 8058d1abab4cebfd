import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * From now on, V8 rather collects garbage than lets the heap grow: for work of hours on many small things, beside which other
 * programs run. Its bounds follow from what is alive at a collection, so there is one at once. Measured with 100,000 files: see
 * bench/move-memory.ts.
 */
export function preferSmallHeap(): void {
  setFlagsFromString('--optimize-for-size')
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: { readonly type: 'major'; readonly execution: 'sync'; readonly flavor: 'last-resort' }) => void
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}

/** The same text in memory of its own: V8 lets a piece of a text keep all of that text alive. For what outlives the answer that it stood in. */
export const detached = (text: string): string => Buffer.from(text).toString()
