import type { CreateOutcome, RemoteCollection } from '../../nextcloud/groupware/contract.ts'
import type { Limit } from '../allowance.ts'
import type { Side } from '../contract.ts'
import type { Refusal } from '../kinds.ts'

/** A calendar or an address book. */
export interface Shelf<Settings> {
  readonly uri: string
  /** Name, for people. */
  readonly title: string
  /** Whether it has objects; a subscription has none of its own. */
  readonly holds: boolean
  /** Moves when an object in it changes. */
  readonly ctag: string
  /** What people set of it; sent as it is. */
  readonly settings: Settings
  /** Moves when those change. */
  readonly mark: string
}

/** Something that this move does not carry. */
export interface Left {
  readonly uri: string
  readonly refusal: Refusal
}

export interface Listing<Settings> {
  readonly shelves: readonly Shelf<Settings>[]
  readonly left: readonly Left[]
  /** Names that are in use, or kept by the server for itself. */
  readonly taken: ReadonlySet<string>
}

/** All calendars or address books of one account. */
export interface Library<Settings> {
  list(): Promise<Listing<Settings>>
  make(uri: string, shelf: Shelf<Settings>): Promise<CreateOutcome>
  set(uri: string, shelf: Shelf<Settings>): Promise<void>
  remove(uri: string): Promise<void>
  collection(uri: string): RemoteCollection
}

export interface RealmWords {
  /** "calendar". */
  readonly shelf: string
  /** "calendars". */
  readonly shelves: string
  /** "event or task". */
  readonly object: string
}

/** What differs between calendars and contacts. */
export interface Realm<Settings> {
  readonly kind: 'calendars' | 'contacts'
  /** The one that every account has: it goes into that of the new account. */
  readonly main: string
  /** Names that servers give to that one. */
  readonly mainTitles: readonly string[]
  readonly limit: Limit
  readonly words: RealmWords
  open(side: Pick<Side, 'remote' | 'instead'>): Library<Settings>
  /** An object as a person knows it. */
  titleOf(data: string): string | undefined
  /** Whether both may be one: same name, and what is in `source` fits into `there`. */
  fits(source: Shelf<Settings>, there: Shelf<Settings>): boolean
}
