import { inParallel } from '../src/move/workers.ts'
import type { BulkPart, RemoteFiles } from '../src/nextcloud/files/contract.ts'

/** Numbers that are the same in every run (Park and Miller's generator). */
export function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

function bytesOf(length: number, next: () => number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length; at++) bytes[at] = Math.floor(next() * 256)
  return bytes
}

/** So many files of 0.5 to 20 KB, fifty a folder, in folders of ten folders. */
export async function writeSmallFiles(files: RemoteFiles, count: number): Promise<void> {
  for (const folder of foldersFor(count)) await files.makeFolder(folder)
  await inParallel(batchesOf(count), 2, async (batch) => {
    const outcomes = await files.writeMany(batch)
    const written = batch.filter(({ path }) => outcomes.get(path)?.ok === true).length
    if (written !== batch.length) throw new Error(`${written} of ${batch.length} files were written`)
  })
}

const eachFolder = 50
const eachBatch = 250

const folderOf = (index: number): string => `small/group-${Math.floor(index / 500)}/folder-${Math.floor(index / eachFolder) % 10}`

/** Those above come first. */
function foldersFor(count: number): Set<string> {
  const folders = new Set(['small'])
  for (let index = 0; index < count; index += eachFolder) {
    const folder = folderOf(index)
    folders.add(folder.slice(0, folder.lastIndexOf('/'))).add(folder)
  }
  return folders
}

function* batchesOf(count: number): Generator<BulkPart[]> {
  const next = numbers(count)
  for (let from = 0; from < count; from += eachBatch) {
    const size = Math.min(eachBatch, count - from)
    yield Array.from({ length: size }, (_, turn) => ({ path: `${folderOf(from + turn)}/document ${from + turn}.txt`, bytes: bytesOf(Math.round(500 + next() * 19_500), next), mtime: 1_600_000_000 + from + turn }))
  }
}
