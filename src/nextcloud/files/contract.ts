import type { Readable } from 'node:stream'

/** A file or folder as WebDAV tells it. Paths are relative to the account's root, NFC, without leading or trailing slash, decoded; `''` is the root. */
export interface RemoteEntry {
  readonly path: string
  readonly folder: boolean
  /** `oc:fileid`: stays the same when the entry is renamed. */
  readonly fileId: string
  /** Without quotes. Of a folder: changes with anything below it. */
  readonly etag: string
  /** Bytes; of a folder: of everything below it. */
  readonly size: number
  /** Unix seconds. */
  readonly mtime: number
  /** Unix seconds; undefined where the server keeps none (0). */
  readonly ctime: number | undefined
  readonly favourite: boolean
  /** `oc:permissions`: contains `S` for what was shared with the account, `M` for mounts (group folders, external storage). */
  readonly permissions: string
  /** `nc:mount-type`: empty for the account's own storage. */
  readonly mountType: string
  /** `nc:is-encrypted`: end-to-end encrypted; its content is unreadable here. */
  readonly encrypted: boolean
  /** Checksums that the server has stored, `SHA256:…`, as given by whoever uploaded; unverified. */
  readonly checksums: readonly string[]
}

export interface Written {
  /** Of the new content; undefined where the server did not say (a proxy removed it). */
  readonly etag: string | undefined
  readonly fileId: string | undefined
  /** Lower-case hex of what the server read from the wire, where it says so (`X-Hash-MD5`, since 19). */
  readonly md5: string | undefined
}

/** PHP 8.2 reckons MD5 at 410 MB/s and SHA-256 at 152. MD5 tells damage; SHA-256 also two files that somebody made to have one MD5. */
export type HashAlgorithm = 'md5' | 'sha256'

/** When a write may happen. `new`: only if nothing has that name (`If-None-Match: *`); an etag: only over that content. */
export type Over = 'new' | { readonly etag: string }

export interface WriteOptions {
  readonly over: Over
  /** Unix seconds. Values below 86,401 are refused by servers: they are left out. */
  readonly mtime: number
  readonly ctime?: number | undefined
  /** False: the server need not reckon the hash of what it reads, 3 s for 1 GiB. Default true. */
  readonly hashed?: boolean
}

export interface BulkPart extends Pick<WriteOptions, 'mtime'> {
  readonly path: string
  readonly bytes: Uint8Array
}

export type BulkOutcome = { readonly ok: true; readonly written: Written } | { readonly ok: false; readonly message: string }

export interface ReadManyOptions {
  readonly whole?: boolean
  /** Where the bytes of a member are to lie. Default: memory of their own. */
  readonly memory?: (bytes: number) => Buffer
}

export interface ZipMember {
  /** Relative to the account's root, as in {@link RemoteEntry}. */
  readonly path: string
  /** Checked against its CRC-32 and against the size that the caller expects. */
  readonly bytes: Buffer
}

/** Limits and abilities of one server for files; see quirks.ts for the evidence. */
export interface FileAbilities {
  /** {@link RemoteFiles.readMany} works: `GET` of a folder as zip through DAV (since 31). */
  readonly zip: boolean
  /** `POST /remote.php/dav/bulk` (since 23, unless the hoster switched it off). */
  readonly bulk: boolean
  /** `X-Hash` on PUT and PATCH recalculation. */
  readonly serverHash: boolean
  /** Bytes that a part of a chunked upload may have at most, and need at least (5 MiB but for the last). */
  readonly chunk: { readonly least: number; readonly most: number }
  /** Names that this server refuses; answers the reason, or undefined for a good name. */
  refusesName(name: string): string | undefined
  /** Whether {@link RemoteFiles.writeMany} keeps this path as it is; the others (a blank at the end, a control character) need `write`. */
  bulkTakes(path: string): boolean
}

/**
 * Files of one account over WebDAV. Implementation: `openRemoteFiles(remote)` in index.ts. Nothing here retries: what failed throws
 * ChatonError with `data.status` (see `refusal` in ../remote.ts): `conflict` for 412 (something of that name is there, or it changed),
 * `not-found` for 404, `no-room` for 507, `remote-failed` for the rest.
 */
export interface RemoteFiles {
  readonly abilities: FileAbilities
  /** Children of a folder, not itself (PROPFIND depth 1). Memory is bounded by one folder: entries are handed out as the answer is read. */
  list(path: string): AsyncIterable<RemoteEntry>
  /** One entry; undefined if there is none. */
  stat(path: string): Promise<RemoteEntry | undefined>
  /** Bytes of the account that are free; undefined: no limit known. */
  freeBytes(): Promise<number | undefined>
  /** Content, or the bytes `from` (included) to `to` (excluded). With `etag`, `conflict` if the file has changed. Short or long bodies make the stream fail. */
  read(path: string, options?: { readonly etag?: string; readonly from?: number; readonly to?: number }): Promise<{ readonly stream: Readable; readonly size: number; readonly etag: string }>
  /**
   * Many small files of one folder (and below it) at once, held in memory until the archive has come to its end and is found whole.
   * `files`: path and size expected, all below `folder`; damaged ones are not handed out. The names are sent, about a hundred a request;
   * one that is gone makes the server refuse all (`not-found`). `whole`: these are all the files below the folder, so that its name
   * alone is sent (not for the root). Throws `conflict` where a file is new or has another size, `remote-failed` where the archive is
   * broken: what was handed out is good, the rest is to be read one by one.
   */
  readMany(folder: string, files: ReadonlyMap<string, number>, options?: ReadManyOptions): AsyncIterable<ZipMember>
  write(path: string, body: { readonly stream: Readable; readonly length: number }, options: WriteOptions): Promise<Written>
  /**
   * OVERWRITES what is there and needs existing parents: the caller knows the folder. Answers by path; a path without an answer was
   * not written. Paths that {@link FileAbilities.bulkTakes} does not take throw `bug`. Names are not checked by the server: see `refusesName`.
   */
  writeMany(parts: readonly BulkPart[]): Promise<ReadonlyMap<string, BulkOutcome>>
  /** A chunked upload (v2) to be finished at `target`. `id` is the caller's, random and kept: the same id finds the same upload again. */
  chunked(id: string, target: string): ChunkedUpload
  /** Creates the folder; its parent must exist. Answers false if there is one already. Throws `conflict` if a file has that name. */
  makeFolder(path: string): Promise<boolean>
  /** Never overwrites: `conflict` if the target exists. */
  move(from: string, to: string): Promise<void>
  /** Into the trash; only if it still has this etag. Throws `conflict` if it changed. Missing is fine. */
  remove(path: string, etag: string): Promise<void>
  /** Sets modification (and creation) time of a file or folder. */
  setTimes(path: string, times: { readonly mtime: number; readonly ctime?: number | undefined }): Promise<void>
  setFavourite(path: string, favourite: boolean): Promise<void>
  /** The server reads the file from its storage: lower-case hex, or undefined where it cannot. */
  hash(path: string, algorithm: HashAlgorithm): Promise<string | undefined>
}

export interface ChunkedUpload {
  /** Makes the upload folder; fine if it is there. */
  begin(totalBytes: number): Promise<void>
  /** Sizes of the parts the server has, by part number (1 and up); empty if the upload is unknown. */
  parts(): Promise<ReadonlyMap<number, number>>
  /** Answers the MD5 (lower-case hex) of what the server has read, where it tells. */
  put(part: number, body: { readonly stream: Readable; readonly length: number }, totalBytes: number): Promise<string | undefined>
  /**
   * Puts the parts together at the target. After an answer that never came, look at the target first: the server may still work, or
   * be done, and then a repeat says `conflict` (for `new`) or `not-found`. `not-found` also where the upload was forgotten, after a day.
   */
  finish(totalBytes: number, options: WriteOptions): Promise<Written>
  abort(): Promise<void>
}
