/** A calendar object or a card, as a list tells it. */
export interface ObjectMark {
  /** Last part of its address, decoded; servers keep it as it was given. */
  readonly name: string
  /** Without quotes. Nextcloud: MD5 of the content. */
  readonly etag: string
  readonly bytes: number
}

export interface StoredObject extends Pick<ObjectMark, 'name' | 'etag'> {
  /** iCalendar or vCard as it is stored, in the version in which it is stored. */
  readonly data: string
}

export interface Changes {
  /** Whether this is the whole list: what is not in it is not there. */
  readonly whole: boolean
  readonly changed: readonly ObjectMark[]
  /** Names of those deleted since the token. */
  readonly gone: readonly string[]
  /** For the next question; undefined where the server gives none. */
  readonly token: string | undefined
}

/** `refused`: the server does not want this object, or not here (400, 403, 409, 412, 413, 415), or fails on it (500). */
export type PutOutcome =
  | { readonly outcome: 'written'; readonly etag: string | undefined }
  | { readonly outcome: 'refused'; readonly status: number; readonly message: string }

/** `taken`: something has that name, perhaps in the trash. `rate`: too many were made of late. `limit`: the account may have no more. `refused`: also where the server fails on it (500). */
export type CreateOutcome =
  | { readonly outcome: 'made' | 'taken' | 'rate' | 'limit' }
  | { readonly outcome: 'refused'; readonly status: number; readonly message: string }

/** When a write may happen: only if nothing has that name, or only over that content. */
export type Over = 'new' | { readonly etag: string }

/** One calendar or address book of the account. Nothing retries; what is not an outcome throws as `refusal` in ../remote.ts. */
export interface RemoteCollection {
  /** What is in it, or what changed since `token`. A token that the server does not know any more gives the whole list. */
  changes(token?: string): Promise<Changes>
  /** Objects by name; those that are not there, or that the server cannot read, are missing. */
  read(names: readonly string[]): Promise<ReadonlyMap<string, StoredObject>>
  /** The object with this UID (RFC 5545, 3.8.4.7; RFC 6350, 6.7.6). */
  findByUid(uid: string): Promise<StoredObject | undefined>
  /** Calendars: nobody is invited, and no answer is sent. */
  put(name: string, data: string, over: Over): Promise<PutOutcome>
  /** Only if it still has this etag. Calendars: nobody is told. */
  remove(name: string, etag: string): Promise<'removed' | 'absent' | 'changed'>
  /** Takes the deleted object with this etag back out of the trash. False where it does not lie there, or there is no trash. */
  restore(etag: string): Promise<boolean>
}
