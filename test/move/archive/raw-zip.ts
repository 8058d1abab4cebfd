import { crc32 } from 'node:zlib'

/** An entry as a hostile program may write it: what is not said is as it should be. */
export interface RawZipEntry {
  readonly name: string | Buffer
  readonly content?: string
  readonly mode?: number
  readonly method?: number
  readonly flags?: number
  /** CRC and sizes come behind the content. */
  readonly described?: boolean
  /** Size in the directory. */
  readonly claims?: number
  /** Its header is not written: the directory points here. */
  readonly at?: number
  readonly localName?: string
  readonly localSize?: number
  readonly localCrc?: number
  /** In header and directory: of another content, as where a disk has damaged it. */
  readonly crc?: number
}

function fields(...values: readonly (readonly [bytes: 2 | 4, value: number])[]): Buffer {
  return Buffer.concat(values.map(([bytes, value]) => {
    const field = Buffer.alloc(bytes)
    field.writeUIntLE(value, 0, bytes)
    return field
  }))
}

interface Parts {
  readonly local: Buffer
  readonly record: Buffer
}

const [dosTime, dosDate] = [0, 33]

const localNumbers = ({ localCrc, localSize }: Pick<RawZipEntry, 'localCrc' | 'localSize'>, crc: number, size: number): [number, number] => [localCrc ?? crc, localSize ?? size]

/** Header and content, and the record of the directory, of an entry that stands at this offset. */
function partsOf({ name, content = '', mode = 0, method = 0, flags = 0, described = false, ...told }: RawZipEntry, offset: number): Parts {
  const [bytes, data, crc] = [Buffer.from(name as string), Buffer.from(content), told.crc ?? crc32(content)]
  const bits = 0x0800 | flags | (described ? 8 : 0)
  const named = Buffer.from(told.localName ?? bytes)
  const [localCrc, localSize] = described ? [0, 0] : localNumbers(told, crc, data.length)
  const header = fields([4, 0x0403_4b50], [2, 20], [2, bits], [2, method], [2, dosTime], [2, dosDate], [4, localCrc], [4, localSize], [4, localSize], [2, named.length], [2, 0])
  const descriptor = described ? fields([4, 0x0807_4b50], [4, crc], [4, data.length], [4, data.length]) : Buffer.alloc(0)
  const sizes = fields([4, crc], [4, data.length], [4, told.claims ?? data.length], [2, bytes.length], [2, 0], [2, 0], [2, 0], [2, 0])
  const record = Buffer.concat([fields([4, 0x0201_4b50], [2, 0x0314], [2, 20], [2, bits], [2, method], [2, dosTime], [2, dosDate]), sizes, fields([4, (mode << 16) >>> 0], [4, told.at ?? offset]), bytes])
  return { local: told.at === undefined ? Buffer.concat([header, named, data, descriptor]) : Buffer.alloc(0), record }
}

/** A zip with exactly these entries, also such as no honest program writes (APPNOTE 6.3.10). */
export function rawZip(entries: readonly RawZipEntry[]): Buffer {
  const parts: Buffer[] = []
  const records: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const { local, record } = partsOf(entry, offset)
    parts.push(local)
    records.push(record)
    offset += local.length
  }
  const directory = Buffer.concat(records)
  const end = fields([4, 0x0605_4b50], [2, 0], [2, 0], [2, entries.length], [2, entries.length], [4, directory.length], [4, offset], [2, 0])
  return Buffer.concat([...parts, directory, end])
}
