import { ChatonError } from '../../../kit/errors.ts'
import { signatures } from '../../../nextcloud/files/zip/headers.ts'
import { elsewhere, fromDosTime, type EntryHeader } from './format.ts'
import { shown, textOf } from './names.ts'

/** An entry of the central directory. */
export interface ListedEntry extends EntryHeader {
  /** The mode of its file under Unix; 0 where the writer says none. */
  readonly mode: number
}

/** An archive that is not read, and why: nothing of it was used. */
export function refusedArchive(reason: string, next: readonly string[] = ['get the archive again from where it was made']): ChatonError {
  return new ChatonError('bad-input', `the archive is not read: ${reason}`, { next })
}

export const recordLength = 46

/** Bytes of a record behind its fixed part: name, extra fields, comment. */
export const lengthsIn = (fixed: Buffer): number => fixed.readUInt16LE(28) + fixed.readUInt16LE(30) + fixed.readUInt16LE(32)

/** One whole record of the central directory. Throws for what no Nextcloud writes. Pure. */
export function readRecord(record: Buffer): ListedEntry {
  const nameEnd = recordLength + record.readUInt16LE(28)
  const name = textOf(record.subarray(recordLength, nameEnd))
  if (name === undefined) throw refusedArchive(`the name ${shown(record.toString('latin1', recordLength, nameEnd))} is not UTF-8`)
  refuseFlags(name, record.readUInt16LE(8), record.readUInt16LE(10))
  const extra = record.subarray(nameEnd, nameEnd + record.readUInt16LE(30))
  const fields = fieldsOf(name, extra)
  const next = numbersIn(name, fields.get(1))
  const large = (at: number): number => (record.readUInt32LE(at) === elsewhere ? next() : record.readUInt32LE(at))
  const [size, stored, offset] = [large(24), large(20), large(42)]
  if (size !== stored) throw refusedArchive(`"${name}" takes ${stored} bytes and claims to be ${size}: stored entries have one size`)
  if (record.readUInt16LE(34) !== 0 && record.readUInt16LE(34) !== 0xffff) throw refusedArchive('it has several parts')
  const mtime = exactTime(fields.get(0x5455)) ?? fromDosTime(record.readUInt16LE(14), record.readUInt16LE(12))
  return { name, size, crc: record.readUInt32LE(16), mtime, offset, mode: record.readUInt32LE(38) >>> 16 }
}

export function refuseFlags(name: string, flags: number, method: number): void {
  if ((flags & 0x2041) !== 0) throw refusedArchive(`"${name}" is encrypted`)
  if (method !== 0) throw refusedArchive(`"${name}" is compressed: exports of accounts are not, and what is unpacked may be of any size`, ['give the archive as the server made it, not packed again'])
}

/** Extra fields by their tag. Throws where they do not fit into their place, or one is there twice. Pure. */
export function fieldsOf(name: string, extra: Buffer): ReadonlyMap<number, Buffer> {
  const fields = new Map<number, Buffer>()
  for (let at = 0; at < extra.length; ) {
    const end = at + 4 <= extra.length ? at + 4 + extra.readUInt16LE(at + 2) : Number.POSITIVE_INFINITY
    const tag = at + 4 <= extra.length ? extra.readUInt16LE(at) : 0
    if (end > extra.length || fields.has(tag)) throw refusedArchive(`the extra fields of "${name}" are damaged`)
    fields.set(tag, extra.subarray(at + 4, end))
    at = end
  }
  return fields
}

/** The numbers of a zip64 field, one after the other. */
export function numbersIn(name: string, field: Buffer | undefined): () => number {
  let at = 0
  return () => {
    if (field === undefined || at + 8 > field.length) throw refusedArchive(`"${name}" has a size that is told nowhere`)
    const value = Number(field.readBigUInt64LE(at))
    at += 8
    if (!Number.isSafeInteger(value)) throw refusedArchive(`"${name}" has an impossible size or place`)
    return value
  }
}

function exactTime(field: Buffer | undefined): number | undefined {
  return field !== undefined && field.length >= 5 && (field.readUInt8(0) & 1) === 1 ? field.readInt32LE(1) : undefined
}

export interface Place {
  readonly count: number
  readonly offset: number
  readonly size: number
  /** Where the end records begin. */
  readonly end: number
}

const endLength = 22
const longestComment = 0xffff
export const tailLength = endLength + longestComment + 20 + 56

/** Where the central directory is, from the last bytes of the archive, `begin` of which is the place of the first. Throws where they are no end of a zip. Pure. */
export function placeIn(tail: Buffer, begin: number): Place {
  const at = endIn(tail)
  const end = tail.subarray(at)
  const few = { count: end.readUInt16LE(10), size: end.readUInt32LE(12), offset: end.readUInt32LE(16) }
  if (end.readUInt16LE(4) !== end.readUInt16LE(6) || end.readUInt16LE(8) !== few.count) throw refusedArchive('it has several parts')
  const locator = at - 20
  if (locator < 0 || tail.readUInt32LE(locator) !== signatures.locator64) return checkedPlace({ ...few, end: begin + at })
  const place = placeIn64(tail, begin, locator)
  const agrees = (small: number, most: number, large: number): boolean => small === most || small === large
  if (!agrees(few.count, 0xffff, place.count) || !agrees(few.size, elsewhere, place.size) || !agrees(few.offset, elsewhere, place.offset)) throw refusedArchive('its two ends tell different things')
  return checkedPlace(place)
}

/** As the end record of zip64 tells it, to which the locator leads. */
function placeIn64(tail: Buffer, begin: number, locator: number): Place {
  const end64 = Number(tail.readBigUInt64LE(locator + 8)) - begin
  if (end64 < 0 || end64 + 56 > locator || tail.readUInt32LE(end64) !== signatures.end64) throw refusedArchive('its end is damaged')
  if (tail.readUInt32LE(end64 + 16) !== 0 || tail.readUInt32LE(end64 + 20) !== 0) throw refusedArchive('it has several parts')
  const [count, size, offset] = [32, 40, 48].map((where) => Number(tail.readBigUInt64LE(end64 + where)))
  return { count: count ?? 0, size: size ?? 0, offset: offset ?? 0, end: begin + end64 }
}

function checkedPlace(place: Place): Place {
  const { offset, size, end } = place
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(size) || offset + size !== end) throw refusedArchive('its directory is not where its end says: it was cut, or something was put before or into it')
  return place
}

/** The end record that has nothing but its comment behind it. */
function endIn(tail: Buffer): number {
  for (let at = tail.length - endLength; at >= 0; at--) {
    if (tail.readUInt32LE(at) === signatures.end && at + endLength + tail.readUInt16LE(at + 20) === tail.length) return at
  }
  throw refusedArchive('it is no zip archive, or it ends in the middle', ['wait until its export or download is done, and give it again'])
}
