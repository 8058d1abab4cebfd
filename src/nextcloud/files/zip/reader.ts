import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { ChatonError } from '../../../kit/errors.ts'
import { saidIn } from '../../remote.ts'
import { ByteReader } from './bytes.ts'
import { directoryAgrees, type Seen } from './directory.ts'
import { descriptorLength, readDescriptor, readLocalHeader, signatures, type LocalHeader } from './headers.ts'

const ends: readonly number[] = [signatures.central, signatures.end, signatures.end64]
const longestError = 4096
const longestDirectory = 64 * 2 ** 20

/**
 * Contents of a zip that comes as a stream: stored members, with sizes in front or in a descriptor behind. Where a member ends whose size
 * comes behind, only the caller knows: `expected` names the size of each, by name without slashes at its ends. Memory is bounded by the
 * sum of these sizes. Answers the contents of the right CRC, once the central directory has agreed with all that was met: until then a
 * content could have imitated the member after it.
 *
 * Throws `remote-failed`, retryable, where the archive ends early or something else stands in it; `conflict` at a member that was
 * not expected so: it is new, or has changed.
 */
export async function readZip(body: Readable, expected: (name: string) => number | undefined, memory: Memory = ownMemory): Promise<ReadonlyMap<string, Buffer>> {
  const reader = new ByteReader(body)
  try {
    return await readMembers(reader, expected, memory)
  } finally {
    await reader.close()
  }
}

async function readMembers(reader: ByteReader, expected: (name: string) => number | undefined, memory: Memory): Promise<ReadonlyMap<string, Buffer>> {
  const contents = new Map<string, Buffer>()
  const seen = new Map<string, Seen>()
  for (;;) {
    const signature = (await reader.fill(4)) ? reader.peek(4).readUInt32LE(0) : undefined
    if (signature !== undefined && ends.includes(signature)) break
    if (signature !== signatures.local) throw await broken(reader, 'something else than a file stands in it')
    const header = await readLocalHeader(reader)
    if (header === undefined) throw await broken(reader, 'it ends in the middle')
    if (!header.stored) throw new ChatonError('remote-failed', `the archive has "${header.name}" compressed or encrypted, which no Nextcloud does`)
    if (seen.has(header.name)) throw changed(`the archive has "${header.name}" twice: its names cannot be trusted`)
    const name = header.name.replace(/^\/+|\/+$/g, '')
    const { bytes, crc, size } = await contentOf(reader, header, { expected: expected(name), memory })
    seen.set(header.name, { name: header.name, crc, size })
    if (bytes !== undefined && !header.name.endsWith('/')) contents.set(name, bytes)
  }
  const tail = await restOf(reader)
  if (!directoryAgrees(tail, [...seen.values()])) throw disagreeing(tail)
  return contents
}

interface Content {
  /** Undefined where it is damaged, or was not asked for. */
  readonly bytes: Buffer | undefined
  readonly crc: number
  readonly size: number
}

/** Memory of so many bytes for one member, uninitialised. */
type Memory = (bytes: number) => Buffer
const ownMemory: Memory = (bytes) => Buffer.allocUnsafeSlow(bytes)

interface Wish {
  readonly expected: number | undefined
  readonly memory: Memory
}

async function contentOf(reader: ByteReader, header: LocalHeader, { expected, memory }: Wish): Promise<Content> {
  if (!header.described) return await plainContent(reader, header, { expected, memory })
  if (expected === undefined) throw changed(`"${header.name}" was not expected in the archive`)
  const length = descriptorLength(header)
  const bytes = memory(expected)
  const came = await reader.takeInto(bytes)
  if (!(await reader.fill(length))) throw await broken(reader, `it ends in "${header.name}"`, bytes.subarray(0, came))
  const found = readDescriptor(reader.peek(length), header)
  if (found?.size !== expected) throw await brokenOrChanged(reader, header.name, bytes)
  reader.take(length)
  return { ...found, bytes: crc32(bytes) === found.crc ? bytes : undefined }
}

async function plainContent(reader: ByteReader, { size, crc }: LocalHeader, { expected, memory }: Wish): Promise<Content> {
  if (size === expected) {
    const bytes = memory(size)
    const came = await reader.takeInto(bytes)
    if (came < size) throw await broken(reader, 'it ends in the middle', bytes.subarray(0, came))
    return { crc, size, bytes: crc32(bytes) === crc ? bytes : undefined }
  }
  for (let left = size; left > 0; ) {
    if (!(await reader.fill(1))) throw await broken(reader, 'it ends in the middle')
    left -= reader.take(Math.min(left, reader.ready)).length
  }
  return { crc, size, bytes: undefined }
}

async function restOf(reader: ByteReader): Promise<Buffer> {
  await reader.fill(longestDirectory)
  return reader.take(reader.ready)
}

const brokenArchive = (what: string): ChatonError => new ChatonError('remote-failed', `the archive of the server is broken: ${what}`, { retryable: true, data: { status: 200 } })
const changed = (message: string): ChatonError => new ChatonError('conflict', message, { data: { status: 200 } })

/** A Nextcloud that fails half-way writes its XML error into the archive, with status 200. `before`: what came last and was taken. */
async function broken(reader: ByteReader, what: string, before: Buffer = Buffer.alloc(0)): Promise<ChatonError> {
  await reader.fill(longestError)
  const around = Buffer.concat([before.subarray(-longestError), reader.peek(reader.ready)])
  return brokenArchive(saidIn(around.toString('utf8')) ?? what)
}

async function brokenOrChanged(reader: ByteReader, name: string, before: Buffer): Promise<ChatonError> {
  const what = `"${name}" has changed while the archive was made`
  const error = await broken(reader, what, before)
  return error.message.endsWith(what) ? changed(what) : error
}

/** Cut off in its directory, or a directory of other members than those met. */
function disagreeing(tail: Buffer): ChatonError {
  const cut = tail.length < 22 || tail.readUInt32LE(tail.length - 22) !== signatures.end
  return cut ? brokenArchive(saidIn(tail.toString('utf8')) ?? 'its end is missing') : changed('the archive holds other files than its directory says: one of them changed while it was made, or imitates others')
}
