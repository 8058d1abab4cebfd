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
}

function fields(...values: readonly (readonly [bytes: 2 | 4, value: number])[]): Buffer {
  return Buffer.concat(values.map(([bytes, value]) => {
    const field = Buffer.alloc(bytes)
    field.writeUIntLE(value, 0, bytes)
    return field
  }))
}

/** A zip with exactly these entries, also such as no honest program writes (APPNOTE 6.3.10). */
export function rawZip(entries: readonly RawZipEntry[]): Buffer {
  const parts: Buffer[] = []
  const records: Buffer[] = []
  let offset = 0
  for (const { name, content = '', mode = 0, method = 0, flags = 0, described = false, claims, at, localName, localSize, localCrc } of entries) {
    const [bytes, data, crc] = [Buffer.from(name as string), Buffer.from(content), crc32(content)]
    const local = Buffer.from(localName ?? bytes)
    const [bits, size] = [0x0800 | flags | (described ? 8 : 0), localSize ?? data.length]
    const where = at ?? offset
    if (at === undefined) {
      const told = described ? [0, 0] as const : ([localCrc ?? crc, size] as const)
      parts.push(fields([4, 0x0403_4b50], [2, 20], [2, bits], [2, method], [2, 0], [2, 33], [4, told[0]], [4, told[1]], [4, told[1]], [2, local.length], [2, 0]), local, data)
      if (described) parts.push(fields([4, 0x0807_4b50], [4, crc], [4, data.length], [4, data.length]))
      offset += 30 + local.length + data.length + (described ? 16 : 0)
    }
    records.push(fields([4, 0x0201_4b50], [2, 0x0314], [2, 20], [2, bits], [2, method], [2, 0], [2, 33], [4, crc], [4, data.length], [4, claims ?? data.length], [2, bytes.length], [2, 0], [2, 0], [2, 0], [2, 0], [4, (mode << 16) >>> 0], [4, where]), bytes)
  }
  const directory = Buffer.concat(records)
  const end = fields([4, 0x0605_4b50], [2, 0], [2, 0], [2, entries.length], [2, entries.length], [4, directory.length], [4, offset], [2, 0])
  return Buffer.concat([...parts, directory, end])
}
