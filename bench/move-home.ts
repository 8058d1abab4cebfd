import { Readable } from 'node:stream'
import { inParallel } from '../src/move/workers.ts'
import type { BulkPart, RemoteFiles } from '../src/nextcloud/files/contract.ts'
import { numbers } from './move-data.ts'

interface FileToMake {
  readonly path: string
  readonly bytes: number
}

export interface Home {
  readonly files: readonly FileToMake[]
  readonly bytes: number
}

const [kilo, mega] = [1000, 1_000_000]

/**
 * The files of a home as people have it, 2 GiB at full size: short notes, documents in folders up to six deep, photos by month, a few
 * films. Sizes are spread evenly over their orders of magnitude. The same in every run.
 */
export function homeOf(scale: number): Home {
  const next = numbers(2024)
  const between = (least: number, most: number): number => Math.round(least * (most / least) ** next())
  const many = (count: number, make: (index: number) => FileToMake): FileToMake[] => Array.from({ length: Math.max(1, Math.round(count * scale)) }, (_, index) => make(index))
  const files = [
    ...many(600, (index) => ({ path: `Notes/${index % 12}/note ${index}.md`, bytes: between(500, 20 * kilo) })),
    ...many(900, (index) => ({ path: `Documents/${branch(index)}/document ${index}.odt`, bytes: between(20 * kilo, 2 * mega) })),
    ...many(310, (index) => ({ path: `Photos/20${20 + (index % 5)}/${String((index % 12) + 1).padStart(2, '0')}/IMG_${index}.jpg`, bytes: between(2 * mega, 5 * mega) })),
    ...many(3, (index) => ({ path: `Films/film ${index}.mov`, bytes: Math.round(220 * mega * Math.min(1, scale * 3)) })),
  ]
  return { files, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) }
}

/** Two to six folders. */
const branch = (index: number): string => Array.from({ length: 2 + (index % 5) }, (_, depth) => `folder ${(index >> depth) % 2}`).join('/')

const block = Buffer.alloc(4 * mega)
const random = numbers(99)
for (let at = 0; at < block.length; at++) block[at] = Math.floor(random() * 256)

/** Bytes that cannot be compressed, and are not those of another file. */
function* contentOf(bytes: number, salt: number): Generator<Buffer> {
  for (let left = bytes, turn = 0; left > 0; turn++) {
    const at = (salt * 7919 + turn * 104_729) % (block.length / 2)
    const chunk = Buffer.from(block.subarray(at, at + Math.min(left, block.length / 2)))
    if (chunk.length >= 8) chunk.writeUInt32LE(turn, chunk.writeUInt32LE(salt, 0))
    left -= chunk.length
    yield chunk
  }
}

const mtime = 1_600_000_000
const bulkMost = 256 * kilo

export async function writeHome(files: RemoteFiles, home: Home): Promise<void> {
  for (const folder of foldersOf(home)) await files.makeFolder(folder)
  const numbered = home.files.map((file, salt) => ({ ...file, salt }))
  const small = numbered.filter(({ bytes }) => bytes <= bulkMost)
  const batches = Array.from({ length: Math.ceil(small.length / 40) }, (_, index) => small.slice(index * 40, (index + 1) * 40))
  await inParallel(batches, 2, async (batch) => void (await files.writeMany(batch.map(({ path, bytes, salt }): BulkPart => ({ path, mtime: mtime + salt, bytes: Buffer.concat([...contentOf(bytes, salt)]) })))))
  await inParallel(numbered.filter(({ bytes }) => bytes > bulkMost), 3, async ({ path, bytes, salt }) => void (await files.write(path, { stream: Readable.from(contentOf(bytes, salt), { objectMode: false }), length: bytes }, { over: 'new', mtime: mtime + salt })))
}

/** Those above come first. */
function foldersOf({ files }: Home): string[] {
  const folders = new Set<string>()
  for (const { path } of files) {
    const names = path.split('/').slice(0, -1)
    names.forEach((_, index) => folders.add(names.slice(0, index + 1).join('/')))
  }
  return [...folders].toSorted()
}
