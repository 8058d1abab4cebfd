import type { ByteReader } from './bytes.ts'

/** Signatures of APPNOTE 6.3.10, little-endian. */
export const signatures = { local: 0x0403_4b50, descriptor: 0x0807_4b50, central: 0x0201_4b50, end: 0x0605_4b50, end64: 0x0606_4b50, locator64: 0x0706_4b50 } as const

export interface LocalHeader {
  /** As it stands in the archive; of a folder, with a slash at its end. */
  readonly name: string
  readonly stored: boolean
  /** The CRC and the sizes come after the content. */
  readonly described: boolean
  readonly zip64: boolean
  readonly crc: number
  readonly size: number
}

const fixedLength = 30

/** The header that begins at the reader's place; undefined where the stream ends in it. */
export async function readLocalHeader(reader: ByteReader): Promise<LocalHeader | undefined> {
  if (!(await reader.fill(fixedLength))) return undefined
  const fixed = reader.peek(fixedLength)
  const [nameLength, extraLength] = [fixed.readUInt16LE(26), fixed.readUInt16LE(28)]
  if (!(await reader.fill(fixedLength + nameLength + extraLength))) return undefined
  const whole = reader.take(fixedLength + nameLength + extraLength)
  const size64 = size64In(whole.subarray(fixedLength + nameLength))
  const flags = whole.readUInt16LE(6)
  return {
    name: whole.toString('utf8', fixedLength, fixedLength + nameLength),
    stored: whole.readUInt16LE(8) === 0 && (flags & 1) === 0,
    described: (flags & 8) !== 0,
    zip64: size64 !== undefined,
    crc: whole.readUInt32LE(14),
    size: whole.readUInt32LE(22) === 0xffff_ffff && size64 !== undefined ? size64 : whole.readUInt32LE(22),
  }
}

/** Original size in the zip64 field (tag 1) of the extra fields. */
export function size64In(extra: Buffer): number | undefined {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1 && at + 12 <= extra.length) return Number(extra.readBigUInt64LE(at + 4))
  }
  return undefined
}

export const descriptorLength = ({ zip64 }: Pick<LocalHeader, 'zip64'>): number => (zip64 ? 24 : 16)

/** CRC and size in the descriptor that these bytes are; undefined where they are none, or its two sizes differ, which stored contents never have. */
export function readDescriptor(bytes: Buffer, { zip64 }: Pick<LocalHeader, 'zip64'>): { readonly crc: number; readonly size: number } | undefined {
  if (bytes.readUInt32LE(0) !== signatures.descriptor) return undefined
  const [stored, original] = zip64 ? [Number(bytes.readBigUInt64LE(8)), Number(bytes.readBigUInt64LE(16))] : [bytes.readUInt32LE(8), bytes.readUInt32LE(12)]
  return stored === original ? { crc: bytes.readUInt32LE(4), size: original } : undefined
}
