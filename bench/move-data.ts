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
  const next = numbers(count)
  let parts: BulkPart[] = []
  for (let index = 0; index < count; index++) {
    const folder = `small/group-${Math.floor(index / 500)}/folder-${Math.floor(index / 50) % 10}`
    if (index % 50 === 0) for (const path of ['small', folder.slice(0, folder.lastIndexOf('/')), folder]) await files.makeFolder(path)
    parts.push({ path: `${folder}/document ${index}.txt`, bytes: bytesOf(Math.round(500 + next() * 19_500), next), mtime: 1_600_000_000 + index })
    if (parts.length === 250 || index === count - 1) {
      await files.writeMany(parts)
      parts = []
    }
  }
}
