import { signatures, size64In } from './headers.ts'

/** A member as it was met on the way. */
export interface Seen {
  readonly name: string
  readonly crc: number
  readonly size: number
}

const recordLength = 46

/**
 * Whether the central directory tells the members that were met, in their order, and nothing comes after its end records (APPNOTE
 * 4.3.12 to 4.3.16). The writer's own last bytes are the one thing in an archive that no content can imitate.
 */
export function directoryAgrees(tail: Buffer, seen: readonly Seen[]): boolean {
  let at = 0
  for (const member of seen) {
    const record = recordAt(tail, at)
    if (record === undefined || record.name !== member.name || record.crc !== member.crc || record.size !== member.size) return false
    at += record.length
  }
  return endsAt(tail, at)
}

function recordAt(tail: Buffer, at: number): (Seen & { readonly length: number }) | undefined {
  if (at + recordLength > tail.length || tail.readUInt32LE(at) !== signatures.central) return undefined
  const [nameLength, extraLength, commentLength] = [tail.readUInt16LE(at + 28), tail.readUInt16LE(at + 30), tail.readUInt16LE(at + 32)]
  const length = recordLength + nameLength + extraLength + commentLength
  if (at + length > tail.length) return undefined
  const extra = tail.subarray(at + recordLength + nameLength, at + recordLength + nameLength + extraLength)
  const size = tail.readUInt32LE(at + 24)
  return {
    name: tail.toString('utf8', at + recordLength, at + recordLength + nameLength),
    crc: tail.readUInt32LE(at + 16),
    size: size === 0xffff_ffff ? (size64In(extra) ?? size) : size,
    length,
  }
}

/** The end records, of zip64 or not, are all that is left. */
function endsAt(tail: Buffer, at: number): boolean {
  let next = at
  if (signatureAt(tail, next) === signatures.end64 && next + 12 <= tail.length) next += 12 + Number(tail.readBigUInt64LE(next + 4))
  if (signatureAt(tail, next) === signatures.locator64) next += 20
  return signatureAt(tail, next) === signatures.end && next + 22 === tail.length
}

const signatureAt = (bytes: Buffer, at: number): number | undefined => (at + 4 <= bytes.length ? bytes.readUInt32LE(at) : undefined)
