import type { Item } from '../journal.ts'
import { factsOf, isFolder } from './facts.ts'
import { parentOf } from './names.ts'

/**
 * `packed`: many at once, out as a zip and in by bulk upload where the servers have them, else each for itself. `streamed`: one
 * request out piped into one request in. `ranged`: in parts, many at once, resumed inside the file.
 */
export type Lane = 'folder' | 'packed' | 'streamed' | 'ranged'

/** What hosts bear: bounds in bytes, learned downwards during a run. */
export interface Limits {
  /** False once zips of the source, or bulk uploads to the destination, turned out not to work. */
  readonly zip: boolean
  readonly bulk: boolean
  /** Files up to this size are packed. */
  readonly packedMost: number
  /** Of one batch. */
  readonly batchMost: number
  readonly batchFiles: number
  /** Files up to this size go in one request. */
  readonly wholeMost: number
  /** Files up to this size are tried in one request, and go in parts where that does not come to its end. */
  readonly triedMost: number
  /** Of one part. */
  readonly chunkMost: number
}

const mebibyte = 2 ** 20

export const startLimits: Limits = {
  zip: true,
  bulk: true,
  // A photo of 3 MB among ten costs a server 0.13 s, as zip and bulk upload, and 0.25 s by itself.
  packedMost: 5 * mebibyte,
  batchMost: 8 * mebibyte,
  // Measured on Nextcloud 32: a bulk request costs 13 ms a file and 50 ms for itself; more files only make the rests at the end longer.
  batchFiles: 100,
  wholeMost: 100 * mebibyte,
  triedMost: Number.MAX_SAFE_INTEGER,
  chunkMost: 50 * mebibyte,
}

const least = 256 * 1024

/** After a 413: bodies of `refused` bytes are too large for what stands before the server. Undefined: nothing smaller is left to try. Pure. */
export function narrowed(limits: Limits, refused: number): Limits | undefined {
  const most = Math.floor(refused / 2)
  if (most < least) return undefined
  const atMost = (value: number): number => Math.min(value, most)
  return { ...limits, packedMost: atMost(limits.packedMost), batchMost: atMost(limits.batchMost), wholeMost: atMost(limits.wholeMost), triedMost: atMost(limits.triedMost), chunkMost: atMost(limits.chunkMost) }
}

export function laneOf(item: Item, limits: Limits): Lane {
  if (isFolder(item)) return 'folder'
  if (goesInParts(item, limits)) return 'ranged'
  return item.bytes <= limits.packedMost ? 'packed' : 'streamed'
}

function goesInParts(item: Item, { wholeMost, triedMost }: Limits): boolean {
  const { upload, tried } = factsOf(item)
  if (upload !== undefined) return true
  return item.bytes > wholeMost && (tried === true || item.bytes > triedMost)
}

/** Sizes of the parts of a file: equal ones, then the rest. At most 10,000 (ChunkingV2Plugin). Pure. */
export function chunkFor(bytes: number, most: number): number {
  const parts = Math.min(10_000, Math.max(1, Math.ceil(bytes / most)))
  return Math.ceil(bytes / parts)
}

export interface Task {
  readonly lane: Lane
  /** One, but for the packed lane. */
  readonly items: readonly Item[]
}

/**
 * Items in the order of their keys as tasks in nearly the same order. A batch of small files is closed when it is full, and where a
 * folder of many small files begins or ends: workers then write into different folders. Pure; holds one batch.
 */
export function* tasksOf(items: Iterable<Item>, limits: () => Limits): Generator<Task> {
  let batch: Item[] = []
  let bytes = 0
  const closed = function* (): Generator<Task> {
    if (batch.length > 0) yield { lane: 'packed', items: batch }
    batch = []
    bytes = 0
  }
  for (const item of items) {
    const now = limits()
    const lane = laneOf(item, now)
    if (lane !== 'packed') {
      yield { lane, items: [item] }
      continue
    }
    const full = batch.length >= now.batchFiles || bytes + item.bytes > now.batchMost
    if (full || leavesLargeFolder(batch, item, now)) yield* closed()
    batch.push(item)
    bytes += item.bytes
  }
  yield* closed()
}

function leavesLargeFolder(batch: readonly Item[], next: Item, { batchFiles }: Limits): boolean {
  const last = batch.at(-1)
  if (last === undefined || batch.length < batchFiles / 2) return false
  return parentOf(last.key) !== parentOf(next.key)
}
