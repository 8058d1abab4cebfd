import type { CalendarProperties, HomeEntry, RemoteCalendars, SubscriptionProperties } from '../../nextcloud/caldav/contract.ts'
import { openCalendars } from '../../nextcloud/caldav/index.ts'
import { leftBeside, sharingLeft } from '../groupware/beside.ts'
import { groupwareKind } from '../groupware/index.ts'
import { markOf } from '../groupware/mark.ts'
import type { Left, Library, Listing, Realm, Shelf } from '../groupware/realm.ts'
import { mainCalendarTitles } from '../groupware/main-titles.ts'
import { titleOfObject } from '../groupware/titles.ts'
import type { Kind } from '../contract.ts'

type Settings = { readonly is: 'calendar'; readonly properties: CalendarProperties } | { readonly is: 'subscription'; readonly properties: SubscriptionProperties }

/** Kept by servers for themselves (CalendarHome::getChild). */
const reserved = ['inbox', 'outbox', 'notifications', 'trashbin', 'contact_birthdays', 'public']

const realm: Realm<Settings> = {
  kind: 'calendars',
  main: 'personal',
  mainTitles: mainCalendarTitles,
  limit: { name: 'calendars.new', most: 10, periodMs: 3_600_000, what: 'new calendars' },
  words: { shelf: 'calendar', shelves: 'calendars', object: 'event or task' },
  open: ({ remote, instead }) => libraryOf(instead?.calendars ?? openCalendars(remote)),
  titleOf: titleOfObject,
  fits,
}

/** Calendars with their events, tasks and journals, and calendars that are followed. Nobody is sent a mail. */
export const calendars: Kind = groupwareKind(realm)

function libraryOf(calendars: RemoteCalendars): Library<Settings> {
  return {
    async list() {
      const entries = await calendars.list()
      return listingOf(entries, { trashed: await calendars.trashed(), inbox: await calendars.inbox() })
    },
    make: async (uri, { settings }) => (settings.is === 'calendar' ? await calendars.create(uri, settings.properties) : await calendars.subscribe(uri, settings.properties)),
    async set(uri, { settings }) {
      if (settings.is === 'calendar') await calendars.setCalendar(uri, settings.properties)
      else await calendars.setSubscription(uri, settings.properties)
    },
    remove: async (uri) => await calendars.remove(uri),
    collection: (uri) => calendars.collection(uri),
  }
}

/** What is carried, and what is not and why. Pure. */
export function listingOf(entries: readonly HomeEntry[], counts: { readonly trashed: number; readonly inbox: number }): Listing<Settings> {
  const shelves = entries.flatMap((entry): Shelf<Settings>[] => {
    if (entry.is === 'calendar') return [{ uri: entry.uri, title: entry.properties.displayName, holds: true, ctag: entry.ctag, settings: entry, mark: markOf({ ...entry.properties, order: entry.properties.order ?? 0 }) }]
    if (entry.is === 'subscription') return [{ uri: entry.uri, title: entry.properties.displayName, holds: false, ctag: '', settings: entry, mark: markOf({ ...entry.properties, order: entry.properties.order ?? 0 }) }]
    return []
  })
  return { shelves, left: [...entries.flatMap(leftOf), ...leftIn(counts)], taken: new Set([...reserved, ...entries.map(({ uri }) => uri)]) }
}

function leftOf(entry: HomeEntry): Left[] {
  if (entry.is === 'subscription') return []
  if (entry.is === 'calendar') return leftOfSeen(entry)
  if (entry.is === 'hours') return [leftBeside('hours', '', { what: 'Working hours', reason: 'the hours at which you can be reached stay at the old host', next: 'set them again at the new host, under Settings, Availability' })]
  const { uri, displayName: what, owner } = entry
  const because = (reason: string, next?: string): Left[] => [{ uri, refusal: { what, reason, ...(next === undefined ? {} : { next }) } }]
  if (entry.is === 'shared') return because(`the calendar belongs to ${owner ?? 'somebody else'}, who shares it with you`, `ask ${owner ?? 'its owner'} to share it with your new account`)
  if (entry.is === 'deleted') return because('the calendar is in the trash', 'take it out of the trash at the old host if you want it')
  if (uri === 'contact_birthdays') return because('a server makes this calendar from the birthdays in your contacts; the new one makes it again')
  return because('an app makes this calendar from its own data', 'set up the app at the new host')
}

/** Who sees a calendar beside its owner. */
function leftOfSeen({ uri, properties: { displayName }, sharedWith, published }: Extract<HomeEntry, { is: 'calendar' }>): Left[] {
  const link = leftBeside('link', uri, { what: displayName, reason: 'published under a public link, which stays at the old host', next: 'publish it again at the new host and give out the new link' })
  return [...sharingLeft(uri, displayName, sharedWith), ...(published === true ? [link] : [])]
}

/** Counts of what nothing lists in the home. */
function leftIn({ trashed, inbox }: { readonly trashed: number; readonly inbox: number }): Left[] {
  return [
    ...(trashed === 0 ? [] : [{ uri: 'trashbin', refusal: { what: 'Trash of the calendars', reason: `${trashed} deleted events or tasks stay at the old host`, next: 'take out of the trash there what you want to keep' } }]),
    ...(inbox === 0 ? [] : [{ uri: 'inbox', refusal: { what: 'Invitations that wait for an answer', reason: `${inbox} messages of other calendars stay at the old host`, next: 'answer them there; the events themselves are in your calendars' } }]),
  ]
}

/** Same name, and it takes what the other has; subscriptions: same address. Pure. */
export function fits(source: Shelf<Settings>, there: Shelf<Settings>): boolean {
  const [mine, theirs] = [source.settings, there.settings]
  if (mine.is === 'subscription' || theirs.is === 'subscription') return mine.is === theirs.is && 'source' in mine.properties && 'source' in theirs.properties && mine.properties.source === theirs.properties.source
  return source.title === there.title && mine.properties.components.every((component) => theirs.properties.components.includes(component))
}
