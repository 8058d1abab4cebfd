import type { RemoteEntry } from '../../nextcloud/files/contract.ts'
import type { Item } from '../journal.ts'

/** An upload in parts that was begun: the same id finds its parts again. */
export interface StartedUpload {
  readonly id: string
  /** Where it is to be finished. */
  readonly path: string
  /** Bytes of each part but the last. */
  readonly chunk: number
  /** Etag at the source of the content that it carries. */
  readonly etag: string
}

/** `extra` of a journal item of the kind `files`. */
export interface FileFacts {
  readonly folder?: true
  /** Unix seconds at the source. */
  readonly mtime: number
  readonly ctime?: number
  readonly favourite?: true
  /** Name at the destination, where that refuses the one at the source. */
  readonly as?: string
  /** Of a folder: its children as of this etag are in the journal. */
  readonly listed?: string
  /** Of the content that was written, seen on both ends. */
  readonly md5?: string
  /** Written in one request or in parts of its own: its hash is checked by the servers. Others were packed. */
  readonly alone?: true
  readonly upload?: StartedUpload
  /** All of it was begun in one request, although it is large: still there, that request did not come to its end. */
  readonly tried?: true
  /** Path at the destination from which it is being moved here, instead of being copied. */
  readonly from?: string
  /** The source was asked for its old versions as of this etag. */
  readonly versionsOf?: string
  /** Refused for what may pass: the next run tries again. */
  readonly again?: true
}

/** Files up to this size that were packed are compared by a sample, bytes. */
export const sampledMost = 2 ** 20

export const factsOf = (item: Item): FileFacts => item.extra as unknown as FileFacts
export const isFolder = (item: Item): boolean => factsOf(item).folder === true

/** This move wrote what is at the destination under `destinationKey`. */
export const isOurs = (item: Item): boolean => (isFolder(item) ? item.state === 'moved' || item.state === 'gone' : item.destinationMark !== undefined)

/** A copy with some fields changed; facts given as undefined are forgotten. */
export function changed(item: Item, fields: Partial<Omit<Item, 'extra'>>, facts: { readonly [Name in keyof FileFacts]?: FileFacts[Name] | undefined } = {}): Item {
  const extra = Object.fromEntries(Object.entries({ ...item.extra, ...facts }).filter(([, value]) => value !== undefined))
  return { ...item, ...fields, extra }
}

export function factsFrom(entry: RemoteEntry): FileFacts {
  return {
    mtime: entry.mtime,
    ...(entry.folder ? { folder: true } : {}),
    ...(entry.ctime === undefined ? {} : { ctime: entry.ctime }),
    ...(entry.favourite ? { favourite: true } : {}),
  }
}

/** Times that servers refuse (below 86,401, MtimeSanitizer.php) say nothing at the destination. */
export const keepsTime = (mtime: number): boolean => mtime > 86_400
