import { stat } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { z } from 'zod'
import { ChatonError } from '../../../kit/errors.ts'
import { preferSmallHeap } from '../../../kit/memory.ts'
import { entryNames } from '../layout.ts'
import { readManifest, type Manifest } from '../manifest.ts'
import { damagedEntry } from '../zip/damage.ts'
import { refusedArchive } from '../zip/directory.ts'
import { openZip, type ReadableEntry, type ZipReader } from '../zip/reader.ts'

/** An archive that was checked and can be read. */
export interface Archive {
  readonly path: string
  readonly zip: ZipReader
  /** Of archives that this program made. */
  readonly manifest: Manifest | undefined
  /** The account that it was made of. */
  readonly account: { readonly uid: string; readonly displayName: string | undefined }
  /** Of Nextcloud, `32.0.1`. */
  readonly version: string
  /** Moves when the archive is another one. */
  readonly mark: string
  /** Text of an entry; undefined where there is none. */
  readonly text: (name: string) => Promise<string | undefined>
  /** The entry as JSON of this shape; undefined where there is none. */
  readonly json: <T>(name: string, schema: z.ZodType<T>) => Promise<T | undefined>
}

/** Of one calendar, address book or list: read whole into memory. */
const longestText = 256 * 2 ** 20

const User = z.looseObject({ uid: z.string(), displayName: z.string().nullish() })
const Versions = z.looseObject({ core: z.string() })
const Migrators = z.looseObject({ usermigrationservice: z.int() })

/** Known versions of the whole format. */
const newestFormat = 1

/** Throws `bad-input` with the reason for what is no archive of an account, or not to be trusted; `not-found` where there is no file. */
export async function openArchive(path: string): Promise<Archive> {
  const { mtimeMs, size } = await stat(path).catch((): { mtimeMs: number; size: number } => ({ mtimeMs: 0, size: 0 }))
  preferSmallHeap()
  const zip = await openZip(path)
  const text = async (name: string): Promise<string | undefined> => await textIn(zip, name)
  const json = async <T>(name: string, schema: z.ZodType<T>): Promise<T | undefined> => jsonOf(name, await text(name), schema)
  const [user, versions, migrators] = [await json(entryNames.user, User), await json(entryNames.versions, Versions), await json(entryNames.migrators, Migrators)]
  if (user === undefined || migrators === undefined) throw refusedArchive(`it has no "${user === undefined ? entryNames.user : entryNames.migrators}": it is not the export of an account`, ['give the archive that "chaton move export" or the app "User migration" has made'])
  if (migrators.usermigrationservice > newestFormat) throw refusedArchive(`it is of version ${migrators.usermigrationservice} of the format; up to ${newestFormat} is read`, ['get a newer version of this program'])
  const list = zip.entries.get(entryNames.manifest)
  const manifest = list === undefined ? undefined : await readManifest(zip.read(list), zip.entries)
  return {
    path,
    zip,
    manifest,
    account: { uid: user.uid, displayName: user.displayName ?? undefined },
    version: (versions?.core ?? '0.0.0').split('.').slice(0, 3).join('.'),
    mark: `${size}-${Math.round(mtimeMs)}`,
    text,
    json,
  }
}

async function textIn(zip: ZipReader, name: string): Promise<string | undefined> {
  const entry = zip.entries.get(name)
  if (entry === undefined) return undefined
  if (entry.size > longestText) throw damagedEntry(name, `it has ${entry.size} bytes, more than such an entry ever has`)
  return await textOfEntry(zip, entry)
}

const textOfEntry = async (zip: ZipReader, entry: ReadableEntry): Promise<string> => (await buffer(zip.read(entry))).toString('utf8')

function jsonOf<T>(name: string, text: string | undefined, schema: z.ZodType<T>): T | undefined {
  if (text === undefined) return undefined
  try {
    return schema.parse(JSON.parse(text))
  } catch (cause) {
    throw new ChatonError('bad-input', `"${name}" in the archive cannot be read, or has another shape than the app writes`, { next: ['get the archive again from where it was made'], cause })
  }
}
