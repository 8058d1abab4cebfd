import { createHash } from 'node:crypto'
import { ChatonError } from '../../../kit/errors.ts'
import type { RemoteCollection, StoredObject } from '../../../nextcloud/groupware/contract.ts'
import type { SplitObject } from '../icalendar.ts'
import { Segment } from '../supplements.ts'
import { damagedEntry } from '../zip/damage.ts'
import { refusedArchive } from '../zip/directory.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const isPlain = (uid: string): boolean => /^[\w.@-]{1,200}$/.test(uid)

/** Objects of an archive with names: those that they had where this is known, else their UID. Pure. */
export function named(objects: readonly SplitObject[], ending: 'ics' | 'vcf', names: ReadonlyMap<string, string>): Map<string, StoredObject> {
  const stored = new Map<string, StoredObject>()
  for (const { uid, data } of objects) {
    const wanted = names.get(uid)
    const plain = wanted ?? `${isPlain(uid) ? uid : sha256(uid === '' ? data : uid).slice(0, 32)}.${ending}`
    const name = stored.has(plain) ? `${sha256(data).slice(0, 32)}.${ending}` : plain
    stored.set(name, { name, etag: sha256(data), data })
  }
  return stored
}

/** Objects of an archive as a collection that is only read; read from the archive when first asked for. */
export function collectionOf(load: () => Promise<ReadonlyMap<string, StoredObject>>): RemoteCollection {
  return {
    async changes() {
      const changed = [...(await load()).values()].map(({ name, etag, data }) => ({ name, etag, bytes: Buffer.byteLength(data) }))
      return { whole: true, changed, gone: [], token: undefined }
    },
    async read(names) {
      const objects = await load()
      return new Map(names.flatMap((name) => {
        const object = objects.get(name)
        return object === undefined ? [] : [[name, object] as const]
      }))
    },
    findByUid: never,
    put: never,
    remove: never,
    restore: never,
  }
}

export function never(): never {
  throw new ChatonError('bug', 'an archive is only read')
}

/** What an entry right below a folder is called without its ending; undefined for others. The app leaves nothing of a name that has no Latin letter. Throws for a name that leads elsewhere. */
export function uriOf(file: string, folder: string, endings: readonly string[]): string | undefined {
  const ending = endings.find((ending) => file.endsWith(ending))
  if (ending === undefined || !file.startsWith(folder) || file.includes('/', folder.length)) return undefined
  const uri = Segment.safeParse(file.slice(folder.length, -ending.length) || 'unnamed')
  if (uri.success) return uri.data
  throw refusedArchive(`"${file}" is no name of a calendar or address book`)
}

/** For an entry that another one names. */
export function missing(file: string): never {
  throw damagedEntry(file, 'it is named there, but missing')
}

export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return async () => await (made ??= make())
}

/** Keeps the last one: a pass reads one calendar after the other, some of them twice. */
export function lastOf<T>(load: (key: string) => Promise<T>): (key: string) => Promise<T> {
  let last: { readonly key: string; readonly value: Promise<T> } | undefined
  return async (key) => {
    if (last?.key !== key) last = { key, value: load(key) }
    return await last.value
  }
}
