import { signatures } from '../../../nextcloud/files/zip/headers.ts'

/** A stored entry, as headers tell it (APPNOTE 6.3.10). */
export interface EntryHeader {
  /** Of a folder, with a slash at its end. */
  readonly name: string
  readonly size: number
  /** CRC-32 of the content. */
  readonly crc: number
  /** Unix seconds. */
  readonly mtime: number
  /** Of its local header, from the beginning of the archive. */
  readonly offset: number
}

const utf8Names = 0x0800
const madeByUnix = 3 << 8
const [regularFile, folder] = [0o100_644, 0o040_755]
const [version, version64] = [20, 45]
/** What a field of four bytes says where the value stands in the zip64 extra field. */
export const elsewhere = 0xffff_ffff
const mostEntries = 0xffff

/** MS-DOS date and time in UTC, as Nextcloud writes them (ZipStreamer::getDosTime), in steps of two seconds. Pure. */
export function dosTime(seconds: number): { readonly date: number; readonly time: number } {
  const at = new Date(Math.min(Math.max(seconds, Date.UTC(1980, 0, 1) / 1000), Date.UTC(2107, 11, 31, 23, 59, 58) / 1000) * 1000)
  return {
    date: ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
    time: (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1),
  }
}

/** Unix seconds of an MS-DOS date and time in UTC; 0 where there is none. Pure. */
export const fromDosTime = (date: number, time: number): number =>
  date === 0 ? 0 : Date.UTC((date >> 9) + 1980, ((date >> 5) & 15) - 1, date & 31, time >> 11, (time >> 5) & 63, (time & 31) * 2) / 1000

/** Extended timestamp (tag 0x5455): the exact second, where it fits into four bytes. */
function timestampField(mtime: number): Buffer {
  if (mtime < -0x8000_0000 || mtime > 0x7fff_ffff) return Buffer.alloc(0)
  const field = Buffer.alloc(9)
  field.writeUInt16LE(0x5455, 0)
  field.writeUInt16LE(5, 2)
  field.writeUInt8(1, 4)
  field.writeInt32LE(Math.floor(mtime), 5)
  return field
}

function zip64Field(values: readonly number[]): Buffer {
  if (values.length === 0) return Buffer.alloc(0)
  const field = Buffer.alloc(4 + values.length * 8)
  field.writeUInt16LE(1, 0)
  field.writeUInt16LE(values.length * 8, 2)
  for (const [index, value] of values.entries()) field.writeBigUInt64LE(BigInt(value), 4 + index * 8)
  return field
}

const isFolder = (name: string): boolean => name.endsWith('/')
const isLarge = (value: number): boolean => value >= elsewhere

/** Version to extract, flags, method, time, CRC, both sizes, lengths: the part that both headers share. */
function common({ name, size, crc, mtime }: EntryHeader, extra: number, zip64: boolean): Buffer {
  const bytes = Buffer.alloc(26)
  const { date, time } = dosTime(mtime)
  bytes.writeUInt16LE(zip64 ? version64 : version, 0)
  bytes.writeUInt16LE(utf8Names, 2)
  bytes.writeUInt16LE(time, 6)
  bytes.writeUInt16LE(date, 8)
  bytes.writeUInt32LE(crc, 10)
  bytes.writeUInt32LE(isLarge(size) ? elsewhere : size, 14)
  bytes.writeUInt32LE(isLarge(size) ? elsewhere : size, 18)
  bytes.writeUInt16LE(Buffer.byteLength(name), 22)
  bytes.writeUInt16LE(extra, 24)
  return bytes
}

const signed = (signature: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(signature)
  return bytes
}

/** Header before the content. Its length depends on name, size and time alone: the CRC can be put in later. Pure. */
export function localHeader(entry: EntryHeader): Buffer {
  const large = isLarge(entry.size)
  const extra = Buffer.concat([zip64Field(large ? [entry.size, entry.size] : []), timestampField(entry.mtime)])
  return Buffer.concat([signed(signatures.local), common(entry, extra.length, large), Buffer.from(entry.name), extra])
}

/** Record of the central directory. Pure. */
export function centralHeader(entry: EntryHeader): Buffer {
  const far = isLarge(entry.offset)
  const values = [...(isLarge(entry.size) ? [entry.size, entry.size] : []), ...(far ? [entry.offset] : [])]
  const extra = Buffer.concat([zip64Field(values), timestampField(entry.mtime)])
  const before = Buffer.alloc(2)
  before.writeUInt16LE(madeByUnix | version64)
  const after = Buffer.alloc(14)
  after.writeUInt32LE((((isFolder(entry.name) ? folder : regularFile) << 16) | (isFolder(entry.name) ? 0x10 : 0)) >>> 0, 6)
  after.writeUInt32LE(far ? elsewhere : entry.offset, 10)
  return Buffer.concat([signed(signatures.central), before, common(entry, extra.length, values.length > 0), after, Buffer.from(entry.name), extra])
}

export interface DirectoryPlace {
  readonly count: number
  readonly offset: number
  readonly size: number
}

/** What stands after the central directory. Pure. */
export function endRecords({ count, offset, size }: DirectoryPlace): Buffer {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(signatures.end, 0)
  const few = count < mostEntries ? count : mostEntries
  end.writeUInt16LE(few, 8)
  end.writeUInt16LE(few, 10)
  end.writeUInt32LE(isLarge(size) ? elsewhere : size, 12)
  end.writeUInt32LE(isLarge(offset) ? elsewhere : offset, 16)
  if (count < mostEntries && !isLarge(size) && !isLarge(offset)) return end
  const end64 = Buffer.alloc(56)
  end64.writeUInt32LE(signatures.end64, 0)
  end64.writeBigUInt64LE(44n, 4)
  end64.writeUInt16LE(madeByUnix | version64, 12)
  end64.writeUInt16LE(version64, 14)
  for (const [index, value] of [count, count, size, offset].entries()) end64.writeBigUInt64LE(BigInt(value), 24 + index * 8)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(signatures.locator64, 0)
  locator.writeBigUInt64LE(BigInt(offset + size), 8)
  locator.writeUInt32LE(1, 16)
  return Buffer.concat([end64, locator, end])
}
