import type { Clock } from '../kit/clock.ts'
import type { Logger } from '../kit/log.ts'
import type { RemoteCalendars } from '../nextcloud/caldav/contract.ts'
import type { RemoteAddressBooks } from '../nextcloud/carddav/contract.ts'
import type { RemoteComments } from '../nextcloud/comments/contract.ts'
import type { RemoteFiles } from '../nextcloud/files/contract.ts'
import type { EntryExtras } from '../nextcloud/files/extras.ts'
import type { RemoteProfile } from '../nextcloud/profile/contract.ts'
import type { RemoteTags } from '../nextcloud/tags/contract.ts'
import type { Remote } from '../nextcloud/remote.ts'
import type { MoveJournal } from './journal.ts'
import type { KindName, Refusal } from './kinds.ts'
import type { Pace } from './pace.ts'

/** One of the two accounts. */
export interface Side {
  readonly remote: Remote
  readonly files: RemoteFiles
  /** Every request to this host goes through its pace: it bounds what runs at once, repeats what may be repeated, and slows down when the host is slow. */
  readonly pace: Pace
  /** Of a source that is no server: an archive. `remote` then only names it. */
  readonly instead?: Instead
}

/** What a source has that is no server, in place of the interfaces of one. Only read. */
export interface Instead {
  /** Paths of all favourites. */
  favourites(): Promise<readonly string[]>
  readonly calendars: RemoteCalendars
  readonly addressBooks: RemoteAddressBooks
  /** Of a kind: what is there and cannot be read. */
  unread(kind: KindName): Promise<readonly Unread[]>
  readonly tags: Pick<RemoteTags, 'inUse' | 'filesWith'>
  readonly comments: Pick<RemoteComments, 'on'> & { /** Files and folders that have some. */ readonly entries: () => Promise<readonly EntryExtras[]> }
  readonly profile: Pick<RemoteProfile, 'read' | 'picture' | 'status'>
  /** Of the person, `fr`; empty where unknown. */
  language(): Promise<string>
}

/** A part of a source that is damaged: the rest moves without it. */
export interface Unread {
  /** Names it, the same one each time. */
  readonly entry: string
  readonly refusal: Refusal
}

export interface MoveContext {
  /** Read from, never written to. */
  readonly source: Side
  readonly destination: Side
  readonly journal: MoveJournal
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
  /** Accounts of the source that move to the destination as well: their ids there by the ids here. Undefined where nothing is known of others. */
  readonly people?: ReadonlyMap<string, string>
  readonly progress: (event: MoveProgress) => void
}

/** Told as often as something changes; presenters thin it out. */
export interface MoveProgress {
  readonly kind: KindName
  readonly done: number
  /** Known so far; grows while the source is still being listed. */
  readonly total: number
  readonly doneBytes?: number
  readonly totalBytes?: number
  /** Lane or step at work, for people. */
  readonly note?: string
  /** Last problem, for people. */
  readonly problem?: string
}

/** What there is to carry. Changes nothing on either side. */
export interface KindInventory {
  readonly count: number
  readonly bytes?: number
  /** How many requests carrying it takes, where that is what it costs. */
  readonly requests?: number
  /** What is known beforehand not to be carried: received shares, encrypted folders, refused names… */
  readonly left: readonly Refusal[]
}

/** Of all passes so far. `moved + alreadyThere + refused.length` is everything that was found. */
export interface KindTally {
  readonly moved: number
  readonly alreadyThere: number
  readonly refused: readonly Refusal[]
  readonly bytes?: number
  /** Among those moved: what has another name now, because its own was taken or is refused there. */
  readonly renamed?: readonly Renamed[]
  /** Public links that have another address now. */
  readonly links?: readonly NewLink[]
}

export interface NewLink {
  /** Of the file or folder, at the source. */
  readonly path: string
  readonly old: string
  readonly new: string
  /** Address to which the old one was once sent by mail. */
  readonly for?: string
}

export interface Renamed {
  readonly what: string
  /** Full path at the destination. */
  readonly as: string
}

export interface KindVerdict {
  readonly checked: number
  readonly differing: readonly Refusal[]
}

/** One kind of thing that moves. Repeatable after a kill at any instant; a second run carries only what is new or changed. */
export interface Kind {
  readonly name: KindName
  inventory(context: MoveContext): Promise<KindInventory>
  /** Copies; never overwrites or deletes at the destination what this move did not write. Throws only where nothing more can be done for this kind. */
  run(context: MoveContext): Promise<KindTally>
  /** Compares both sides as they are now. */
  verify(context: MoveContext): Promise<KindVerdict>
}
