import { createHash, type Hash } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { header, type SignedIn } from '../exchange.ts'
import { badRequest, DavError, insufficientStorage } from '../reply.ts'

export interface Received {
  /** A finished temporary file; whoever takes it renames it away. */
  readonly temporary: string
  readonly size: number
  /** Answer headers with the hashes asked for by `X-Hash`. */
  readonly hashes: Readonly<Record<string, string>>
}

/** Takes the body into a temporary file while `use` decides; refuses what is above `limitBytes` before and while it comes. */
export async function receive<T>(exchange: SignedIn, limit: { path: string; bytes: number }, use: (received: Received) => T): Promise<T> {
  const declared = declaredLength(exchange)
  const tooMuch = (bytes: number): DavError => insufficientStorage(`Insufficient space in ${limit.path}, ${bytes} required, ${limit.bytes} available`)
  const wanted = Math.max(declared ?? 0, numberHeader(exchange, 'oc-total-length') ?? 0)
  if (wanted > limit.bytes) throw tooMuch(wanted)
  const giveBack = exchange.room.reserve(declared ?? 0)
  const temporary = exchange.room.temporary()
  const hashes = new Map<string, Hash>(hashNames(exchange).map((name) => [name, createHash(name)]))
  let size = 0
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      for (const hash of hashes.values()) hash.update(chunk)
      if (size > limit.bytes) done(tooMuch(size))
      else done(null, chunk)
    },
  })
  try {
    const file = await open(temporary, 'wx', 0o600)
    await pipeline(exchange.request, meter, file.createWriteStream()).catch((error: unknown) => {
      throw exchange.request.complete || error instanceof DavError ? error : badRequest('The connection broke off before the end of the file')
    })
    if (declared !== undefined && size !== declared) {
      throw badRequest(`Expected filesize of ${declared} bytes but read (from Nextcloud client) and wrote (to Nextcloud storage) ${size} bytes.`)
    }
    giveBack()
    return use({ temporary, size, hashes: hashHeaders(hashes) })
  } finally {
    giveBack()
    await rm(temporary, { force: true })
  }
}

export const hashHeaders = (hashes: ReadonlyMap<string, Hash>): Record<string, string> => Object.fromEntries(Array.from(hashes, ([name, hash]) => [`x-hash-${name}`, hash.digest('hex')]))

/** Hashes that the client asks for by `X-Hash`. */
export function hashNames(exchange: SignedIn): string[] {
  const asked = header(exchange, 'x-hash')?.toLowerCase()
  const known = ['md5', 'sha1', 'sha256']
  return asked === 'all' ? known : known.filter((name) => name === asked)
}

const declaredLength = (exchange: SignedIn): number | undefined => numberHeader(exchange, 'content-length') ?? numberHeader(exchange, 'x-expected-entity-length')

export function numberHeader(exchange: SignedIn, name: string): number | undefined {
  const text = header(exchange, name)
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

/** `X-OC-Mtime` and `X-OC-CTime`: a plain number of seconds later than the first day of 1970. Throws 500 as Nextcloud does. */
export function timeHeader(exchange: SignedIn, name: 'x-oc-mtime' | 'x-oc-ctime'): number | undefined {
  const text = header(exchange, name)
  if (text === undefined) return undefined
  const label = name === 'x-oc-mtime' ? 'X-OC-MTime' : 'X-OC-CTime'
  if (!/^\d+(\.\d+)?$/.test(text)) throw new DavError(500, 'InvalidArgumentException', `${label} header must be a valid integer (unix timestamp), got "${text}".`)
  const seconds = Math.floor(Number(text))
  if (seconds <= 86_400) throw new DavError(500, 'InvalidArgumentException', `${label} header must be a valid positive unix timestamp greater than one day, got "${text}".`)
  return seconds
}
