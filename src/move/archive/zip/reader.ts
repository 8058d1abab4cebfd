import { createReadStream } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { ChatonError, hasSystemCode } from '../../../kit/errors.ts'
import { ByteReader } from '../../../nextcloud/files/zip/bytes.ts'
import { signatures } from '../../../nextcloud/files/zip/headers.ts'
import { parentOf } from '../../files/names.ts'
import { fieldsOf, lengthsIn, numbersIn, placeIn, readRecord, recordLength, refusedArchive, refuseFlags, tailLength, type ListedEntry, type Place } from './directory.ts'
import { damagedEntry } from './damage.ts'
import { elsewhere, type EntryHeader } from './format.ts'
import { shown, suspicion, textOf } from './names.ts'

/** An entry that was found to be what the archive says of it, but for its content. */
export interface ReadableEntry extends EntryHeader {
  /** Where its content begins. */
  readonly begin: number
}

export interface ZipLimits {
  readonly mostEntries: number
  /** Bytes of the central directory. */
  readonly longestDirectory: number
}

/** They bound the memory that an archive takes before anything of it is trusted. */
export const zipLimits: ZipLimits = { mostEntries: 2_000_000, longestDirectory: 512 * 2 ** 20 }

/** A zip archive on disk whose directory and headers were all checked. */
export interface ZipReader {
  /** By name; of folders with a slash at its end. */
  readonly entries: ReadonlyMap<string, ReadableEntry>
  /** Content, or the bytes `from` (included) to `to` (excluded). Of a whole content the last piece comes only once its CRC is right; else the stream fails. */
  readonly read: (entry: ReadableEntry, range?: { readonly from: number; readonly to: number }) => Readable
}

const fileTypes = { mask: 0o170_000, regular: 0o100_000, folder: 0o040_000, link: 0o120_000 } as const

/**
 * Opens an archive that nobody vouches for. Throws `bad-input` with the reason for one that a program of good will does not write: names
 * that lead elsewhere or are there twice, links, compressed or encrypted entries, entries that overlap, headers that do not agree with
 * the directory. Entries are stored, so that what comes out is never more than the archive itself.
 */
export async function openZip(path: string, limits: ZipLimits = zipLimits): Promise<ZipReader> {
  const file = await openFile(path)
  try {
    const listed = await listEntries(file, limits)
    const entries = await checkedEntries(file, listed)
    return {
      entries,
      read: (entry, range) => (range === undefined ? Readable.from(whole(path, entry), { objectMode: false }) : part(path, entry.begin + range.from, entry.begin + range.to)),
    }
  } finally {
    await file.close()
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    const file = await open(path, 'r')
    if ((await file.stat()).isFile()) return file
    await file.close()
  } catch (error) {
    if (!hasSystemCode(error, 'ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR')) throw error
    throw new ChatonError(hasSystemCode(error, 'ENOENT') ? 'not-found' : 'bad-input', `the archive "${path}" cannot be opened`, { next: ['give the path of a .nextcloud_export or .zip file that you can read'], cause: error })
  }
  throw new ChatonError('bad-input', `"${path}" is not a file`, { next: ['give the path of a .nextcloud_export or .zip file'] })
}

interface Directory {
  readonly entries: readonly ListedEntry[]
  readonly place: Place
}

async function listEntries(file: FileHandle, limits: ZipLimits): Promise<Directory> {
  const { size } = await file.stat()
  const begin = Math.max(0, size - tailLength)
  const place = placeIn(await bytesAt(file, begin, size - begin), begin)
  if (place.count > limits.mostEntries || place.size > limits.longestDirectory) throw refusedArchive(`it has ${place.count} entries; at most ${limits.mostEntries} are read`)
  const reader = new ByteReader(Readable.from(pieces(file, place.offset, place.offset + place.size), { objectMode: false }))
  const entries: ListedEntry[] = []
  for (let left = place.size; left > 0; ) {
    const fixed = (await reader.fill(recordLength)) ? reader.peek(recordLength) : undefined
    if (fixed === undefined || fixed.readUInt32LE(0) !== signatures.central) throw refusedArchive('its directory is damaged')
    const length = recordLength + lengthsIn(fixed)
    if (!(await reader.fill(length))) throw refusedArchive('its directory is damaged')
    entries.push(readRecord(reader.take(length)))
    left -= length
  }
  if (entries.length !== place.count) throw refusedArchive(`its end tells of ${place.count} entries, its directory of ${entries.length}`)
  return { entries, place }
}

async function checkedEntries(file: FileHandle, { entries, place }: Directory): Promise<Map<string, ReadableEntry>> {
  refuseNames(entries)
  const bytes = ahead(file)
  const checked = new Map<string, ReadableEntry>()
  let free = 0
  let before = ''
  for (const entry of entries.toSorted((a, b) => a.offset - b.offset)) {
    if (entry.offset < free) throw refusedArchive(`"${entry.name}" lies over ${before === '' ? 'the beginning' : `"${before}"`}`)
    const begin = await checkedBegin(bytes, entry)
    free = begin + entry.size
    before = entry.name
    if (free > place.offset) throw refusedArchive(`"${entry.name}" lies over the directory`)
    const { name, size, crc, mtime, offset } = entry
    checked.set(name, { name, size, crc, mtime, offset, begin })
  }
  return checked
}

/** Names that lead elsewhere, and two entries of one place: a path is one thing, in whatever Unicode form. */
function refuseNames(entries: readonly ListedEntry[]): void {
  const seen = new Map<string, 'file' | 'folder'>()
  for (const { name, mode, size } of entries) {
    const doubt = suspicion(name) ?? wrongType(name, mode, size)
    if (doubt !== undefined) throw refusedArchive(doubt)
    const path = pathOf(name)
    if (seen.has(path)) throw refusedArchive(`${shown(name)} is in it twice`)
    seen.set(path, name.endsWith('/') ? 'folder' : 'file')
  }
  refuseFilesAbove(seen)
}

function refuseFilesAbove(seen: ReadonlyMap<string, 'file' | 'folder'>): void {
  const looked = new Set<string>()
  for (const path of seen.keys()) {
    for (let above = parentOf(path); above !== '' && !looked.has(above); above = parentOf(above)) {
      if (seen.get(above) === 'file') throw refusedArchive(`${shown(above)} is a file in it, and has entries below it`)
      looked.add(above)
    }
  }
}

const pathOf = (name: string): string => name.replace(/\/$/, '').normalize('NFC')

function wrongType(name: string, mode: number, size: number): string | undefined {
  const type = mode & fileTypes.mask
  if (type === fileTypes.link) return `${shown(name)} is a symbolic link`
  const folder = name.endsWith('/')
  if (type !== 0 && type !== (folder ? fileTypes.folder : fileTypes.regular)) return `${shown(name)} is neither a file nor a folder`
  return folder && size > 0 ? `the folder ${shown(name)} has a content` : undefined
}

const localLength = 30
const described = 8

/** Where the content begins, after its local header has been found to tell the same as the directory. */
async function checkedBegin(bytes: ReadAt, entry: ListedEntry): Promise<number> {
  const differs = (): ChatonError => refusedArchive(`the header of "${entry.name}" tells something else than the directory`)
  const fixed = await bytes(entry.offset, localLength)
  if (fixed.readUInt32LE(0) !== signatures.local) throw differs()
  const [nameLength, extraLength] = [fixed.readUInt16LE(26), fixed.readUInt16LE(28)]
  const rest = await bytes(entry.offset + localLength, nameLength + extraLength)
  if (textOf(rest.subarray(0, nameLength)) !== entry.name) throw differs()
  const flags = fixed.readUInt16LE(6)
  refuseFlags(entry.name, flags, fixed.readUInt16LE(8))
  const next = numbersIn(entry.name, fieldsOf(entry.name, rest.subarray(nameLength)).get(1))
  const large = (at: number): number => (fixed.readUInt32LE(at) === elsewhere ? next() : fixed.readUInt32LE(at))
  const [size, stored] = [large(22), large(18)]
  const same = size === entry.size && stored === entry.size && fixed.readUInt32LE(14) === entry.crc
  const later = (flags & described) !== 0 && size === 0 && stored === 0
  if (!same && !later) throw differs()
  return entry.offset + localLength + nameLength + extraLength
}

type ReadAt = (at: number, length: number) => Promise<Buffer>

const aheadLength = 64 * 1024

/** Small entries lie close together: their headers come by one read, many at once. */
function ahead(file: FileHandle): ReadAt {
  let [begin, block] = [0, Buffer.alloc(0)]
  return async (at, length) => {
    if (at < begin || at + length > begin + block.length) {
      const wanted = Buffer.alloc(Math.max(length, aheadLength))
      const { bytesRead } = await file.read(wanted, 0, wanted.length, at)
      ;[begin, block] = [at, wanted.subarray(0, bytesRead)]
    }
    if (at + length > begin + block.length) throw refusedArchive('it ends in the middle')
    return block.subarray(at - begin, at - begin + length)
  }
}

async function bytesAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  const { bytesRead } = await file.read(bytes, 0, length, at)
  if (bytesRead < length) throw refusedArchive('it ends in the middle')
  return bytes
}

const pieceLength = 256 * 1024

async function* pieces(file: FileHandle, from: number, to: number): AsyncGenerator<Buffer> {
  for (let at = from; at < to; ) {
    const piece = await bytesAt(file, at, Math.min(pieceLength, to - at))
    yield piece
    at += piece.length
  }
}

function part(path: string, from: number, to: number): Readable {
  return to > from ? createReadStream(path, { start: from, end: to - 1, highWaterMark: pieceLength }) : Readable.from([], { objectMode: false })
}

async function* whole(path: string, { name, begin, size, crc }: ReadableEntry): AsyncGenerator<Buffer> {
  let [seen, length] = [0, 0]
  let last: Buffer | undefined
  for await (const piece of part(path, begin, begin + size) as AsyncIterable<Buffer>) {
    length += piece.length
    seen = crc32(piece, seen)
    if (last !== undefined) yield last
    last = piece
  }
  if (seen !== crc || length !== size) throw damagedEntry(name, 'its checksum is another')
  if (last !== undefined) yield last
}
