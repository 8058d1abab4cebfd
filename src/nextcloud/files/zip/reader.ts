import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { ChatonError } from '../../../kit/errors.ts'
import { saidIn } from '../../remote.ts'
import { ByteReader } from './bytes.ts'
import { describes, descriptorLength, readLocalHeader, signatures, type LocalHeader } from './headers.ts'

export interface ZipContent {
  readonly name: string
  readonly bytes: Buffer
}

const ends: readonly number[] = [signatures.central, signatures.end, signatures.end64]
const mark = Buffer.from('PK\u0007\u0008', 'latin1')
const endMark = Buffer.from('PK\u0005\u0006', 'latin1')

/**
 * Contents of a zip as it comes: stored members, with sizes in front or in a descriptor behind. Only members of a size that
 * `expected` names are handed out, each once its CRC is right; the others are skipped, so no header can ask for memory.
 * Throws `remote-failed`, retryable, where the archive ends early or something else stands in it.
 */
export async function* readZip(body: Readable, expected: (name: string) => number | undefined): AsyncGenerator<ZipContent> {
  const reader = new ByteReader(body)
  const folders = new Set<string>()
  try {
    for (;;) {
      const signature = (await reader.fill(4)) ? reader.peek(4).readUInt32LE(0) : undefined
      if (signature !== undefined && ends.includes(signature)) return await readToEnd(reader)
      if (signature !== signatures.local) throw broken(reader, 'something else than a file stands in it')
      const header = await readLocalHeader(reader)
      if (header === undefined) throw broken(reader, 'it ends in the middle')
      if (!header.stored) throw new ChatonError('remote-failed', `the archive has "${header.name}" compressed or encrypted, which no Nextcloud does`)
      if (header.folder && folders.has(header.name)) throw new ChatonError('remote-failed', `the archive has the folder "${header.name}" twice: names in it cannot be trusted`)
      if (header.folder) folders.add(header.name)
      const bytes = await contentOf(reader, header, header.folder ? undefined : expected(header.name))
      if (bytes !== undefined) yield { name: header.name, bytes }
    }
  } finally {
    await reader.close()
  }
}

async function contentOf(reader: ByteReader, header: LocalHeader, expected: number | undefined): Promise<Buffer | undefined> {
  if (!header.described) return await plainContent(reader, header, expected)
  const { zip64 } = header
  if (expected !== undefined) {
    await reader.fill(expected + descriptorLength(header))
    const bytes = reader.peek(expected)
    const behind = reader.peek(expected + descriptorLength(header)).subarray(expected)
    if (describes(behind, { size: expected, crc: crc32(bytes), zip64 })) {
      reader.take(expected)
      reader.take(descriptorLength(header))
      return bytes
    }
  }
  await skipDescribed(reader, header)
  return undefined
}

async function plainContent(reader: ByteReader, { size, crc }: LocalHeader, expected: number | undefined): Promise<Buffer | undefined> {
  if (size !== expected) {
    for (let left = size; left > 0; ) {
      if (!(await reader.fill(1))) throw broken(reader, 'it ends in the middle')
      left -= reader.take(Math.min(left, reader.ready)).length
    }
    return undefined
  }
  if (!(await reader.fill(size))) throw broken(reader, 'it ends in the middle')
  const bytes = reader.take(size)
  return crc32(bytes) === crc ? bytes : undefined
}

/** A member of unknown size ends at the first descriptor that tells its size and CRC right. */
async function skipDescribed(reader: ByteReader, header: LocalHeader): Promise<void> {
  const length = descriptorLength(header)
  let size = 0
  let crc = 0
  let recent = Buffer.alloc(0)
  const pass = (count: number): void => {
    const bytes = reader.take(count)
    crc = crc32(bytes, crc)
    size += bytes.length
    recent = Buffer.concat([recent, bytes]).subarray(-4096)
  }
  while (await reader.fill(length)) {
    const ready = reader.peek(reader.ready)
    const at = ready.indexOf(mark)
    if (at < 0) pass(ready.length - mark.length + 1)
    else if (at > 0) pass(at)
    else if (describes(ready, { size, crc, zip64: header.zip64 })) {
      reader.take(length)
      return
    } else pass(1)
  }
  throw broken(reader, `it ends in "${header.name}"`, recent)
}

/** Only an archive with its end record is whole: without it, members may be missing. */
async function readToEnd(reader: ByteReader): Promise<void> {
  let last = Buffer.alloc(0)
  while (await reader.fill(1)) last = Buffer.concat([last, reader.take(reader.ready)]).subarray(-70_000)
  if (!last.includes(endMark)) throw broken(reader, 'its end is missing', last)
}

/** A Nextcloud that fails half-way writes its XML error into the archive, with status 200. */
function broken(reader: ByteReader, what: string, before = Buffer.alloc(0)): ChatonError {
  const said = saidIn(Buffer.concat([before, reader.peek(4096)]).toString('utf8'))
  return new ChatonError('remote-failed', `the archive of the server is broken: ${said ?? what}`, { retryable: true, data: { status: 200 } })
}
