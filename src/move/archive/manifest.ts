import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import type { WrittenEntry } from './zip/writer.ts'
import { refusedArchive } from './zip/directory.ts'
import type { ReadableEntry } from './zip/reader.ts'
import { entryNames } from './layout.ts'

/** First line of the manifest. */
export const ManifestHead = z.object({
  format: z.literal('chaton-account-archive'),
  version: z.literal(1),
  /** RFC 3339. */
  madeAt: z.string(),
  source: z.object({ address: z.string(), account: z.string(), nextcloud: z.string() }),
  /** Found at the source, and not in the archive. */
  left: z.array(z.object({ kind: z.string(), what: z.string(), reason: z.string() })),
})
export type ManifestHead = z.infer<typeof ManifestHead>

/** One line for each entry but the manifest itself. Times are Unix seconds, hashes lower-case hex. */
const Line = z.object({ name: z.string(), size: z.number(), crc32: z.string(), sha256: z.string(), mtime: z.number(), ctime: z.number().exactOptional() })
type Line = z.infer<typeof Line>

export type ManifestEntry = WrittenEntry & { readonly ctime?: number | undefined }

/** The manifest in pieces: JSON, one document a line. Pure. */
export function* manifestLines(head: ManifestHead, entries: Iterable<ManifestEntry>): Generator<string> {
  yield `${JSON.stringify(head)}\n`
  for (const { name, size, crc, sha256, mtime, ctime } of entries) {
    yield `${JSON.stringify({ name, size, crc32: hex(crc), sha256, mtime, ...(ctime === undefined ? {} : { ctime }) } satisfies Line)}\n`
  }
}

const hex = (crc: number): string => crc.toString(16).padStart(8, '0')

export interface Manifest {
  readonly head: ManifestHead
  /** By name of the entry. */
  readonly lines: ReadonlyMap<string, Told>
}

type Told = Pick<Line, 'sha256' | 'mtime' | 'ctime'>

/** Reads a manifest and compares it with the entries that are there. Throws where one was changed, taken away or added since. */
export async function readManifest(stream: Readable, entries: ReadonlyMap<string, ReadableEntry>): Promise<Manifest> {
  let head: ManifestHead | undefined
  const lines = new Map<string, Told>()
  for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (head === undefined) head = parsed(ManifestHead, text)
    else {
      const { name, size, crc32, sha256, mtime, ctime } = parsed(Line, text)
      const entry = entries.get(name)
      if (entry === undefined) throw refusedArchive(`"${name}" was taken out of it since it was made`)
      if (entry.size !== size || hex(entry.crc) !== crc32) throw refusedArchive(`"${name}" was changed in it since it was made`)
      lines.set(entry.name, { sha256, mtime, ...(ctime === undefined ? {} : { ctime }) })
    }
  }
  if (head === undefined) throw refusedArchive('its manifest is empty')
  for (const name of entries.keys()) if (!lines.has(name) && name !== entryNames.manifest) throw refusedArchive(`"${name}" was added to it since it was made`)
  return { head, lines }
}

function parsed<T>(schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text))
  } catch (error) {
    throw refusedArchive(`a line of its manifest cannot be read: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''}`)
  }
}
