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
  // Memory that threads of V8 give back stays in the malloc arenas of these threads: 125 MiB instead of 138 for a home of photos.
  setFlagsFromString('--no-concurrent-array-buffer-sweeping')
  setFlagsFromString('--expose-gc')
  collect = runInNewContext('gc') as Collect
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}

type Collect = (options: { readonly type: 'major' | 'minor'; readonly execution: 'sync'; readonly flavor?: 'last-resort' }) => void

let collect: Collect | undefined
const every = { minor: 2 ** 20, major: 12 * 2 ** 20 } as const
const bytesSince = { minor: 0, major: 0 }

/**
 * Tells of bytes in buffers that are not needed any more. V8 sees little of these, and lets 64 MiB of them lie before it looks: after
 * {@link preferSmallHeap}, it collects after each MiB that passed (half a millisecond), and each 12 MiB that were `held` for a while
 * (20 ms). Measured with half a home of photos and documents: 10 MiB less resident than with every 4 MiB.
 */
export function passed(bytes: number, { held = false }: { readonly held?: boolean } = {}): void {
  const type = held ? 'major' : 'minor'
  bytesSince[type] += bytes
  if (bytesSince[type] < every[type]) return
  bytesSince[type] = 0
  collect?.({ type, execution: 'sync' })
}

/** The same text in memory of its own: V8 lets a piece of a text keep all of that text alive. For what outlives the answer that it stood in. */
export const detached = (text: string): string => Buffer.from(text).toString()
