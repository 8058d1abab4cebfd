import type { CreateOutcome, RemoteCollection } from '../groupware/contract.ts'

export type Component = 'VEVENT' | 'VTODO' | 'VJOURNAL'

/** What people set of a calendar. Undefined: nothing is set. */
export interface CalendarProperties {
  readonly displayName: string
  readonly description: string | undefined
  /** `#rrggbb` or `#rrggbbaa`. */
  readonly colour: string | undefined
  readonly order: number | undefined
  /** A VCALENDAR with one VTIMEZONE (RFC 4791, 5.2.2). */
  readonly timezone: string | undefined
  /** Does not make its owner busy (RFC 6638, 9.1). */
  readonly transparent: boolean
  /** Shown in the calendar app. */
  readonly enabled: boolean
  readonly components: readonly Component[]
}

export interface SubscriptionProperties extends Pick<CalendarProperties, 'displayName' | 'colour' | 'order' | 'enabled'> {
  /** Address of the calendar that is followed. */
  readonly source: string
  /** RFC 5545 duration. */
  readonly refreshRate: string | undefined
}

/** Who sees a calendar of the account beside the account itself. */
export interface SeenByOthers {
  /** People and groups, as they are called. Absent: nobody. */
  readonly sharedWith?: readonly string[]
  /** Whoever knows its public link. */
  readonly published?: true
}

/**
 * What lies in the home of an account. `shared`: of somebody else, here or on another server. `deleted`: in the trash.
 * `generated`: made by the server or an app from other data (birthdays, boards). `hours`: when the person can be reached (RFC 7953).
 */
export type HomeEntry =
  | ({ readonly is: 'calendar'; readonly uri: string; readonly properties: CalendarProperties; readonly ctag: string } & SeenByOthers)
  | { readonly is: 'subscription'; readonly uri: string; readonly properties: SubscriptionProperties }
  | { readonly is: 'hours'; readonly uri: string }
  | { readonly is: 'shared' | 'generated' | 'deleted'; readonly uri: string; readonly displayName: string; readonly owner: string | undefined }

/** Calendars of the account over CalDAV. */
export interface RemoteCalendars {
  list(): Promise<HomeEntry[]>
  create(uri: string, properties: CalendarProperties): Promise<CreateOutcome>
  subscribe(uri: string, properties: SubscriptionProperties): Promise<CreateOutcome>
  /** Sets those that may be set later: all but the components. */
  setCalendar(uri: string, properties: CalendarProperties): Promise<void>
  setSubscription(uri: string, properties: SubscriptionProperties): Promise<void>
  remove(uri: string): Promise<void>
  collection(uri: string): RemoteCollection
  /** Objects in the trash of calendars. */
  trashed(): Promise<number>
  /** Messages of other people's calendars (iTIP) that wait in the inbox; programs for calendars empty it. */
  inbox(): Promise<number>
}
