import type { AddressBookProperties } from '../../../nextcloud/carddav/contract.ts'
import type { CalendarProperties } from '../../../nextcloud/caldav/contract.ts'
import { openAddressBooks } from '../../../nextcloud/carddav/index.ts'
import { openCalendars } from '../../../nextcloud/caldav/index.ts'
import type { RemoteCollection, StoredObject } from '../../../nextcloud/groupware/contract.ts'
import { uidIn } from '../../../nextcloud/groupware/uid.ts'
import { withSessions } from '../../../nextcloud/sessions.ts'
import { listingOf as calendarsOf } from '../../calendars/index.ts'
import { listingOf as booksOf } from '../../contacts/index.ts'
import type { MoveContext, Side } from '../../contract.ts'
import { titleOfCard, titleOfObject } from '../../groupware/titles.ts'
import type { KindName, Refusal } from '../../kinds.ts'
import { mergedCalendar, mergedCards } from '../icalendar.ts'
import { entryNames, shelfFileName } from '../layout.ts'
import { jsonOfOurs, type OurAddressBook, type OurCalendar, type OurCalendars, type OurSubscription } from '../supplements.ts'
import type { ArchiveFile } from './writing.ts'

export interface ShelvesWritten {
  /** Objects in the archive. */
  readonly count: number
  readonly left: readonly Refusal[]
}

interface Work {
  readonly context: MoveContext
  readonly archive: ArchiveFile
}

const batch = 100

/** All objects of a calendar or address book, in the order of their names. */
async function objectsIn({ pace }: Side, collection: RemoteCollection): Promise<StoredObject[]> {
  const { changed } = await pace.run(async () => await collection.changes())
  const names = changed.map(({ name }) => name).toSorted()
  const objects: StoredObject[] = []
  for (let at = 0; at < names.length; at += batch) {
    const found = await pace.run(async () => await collection.read(names.slice(at, at + batch)))
    for (const name of names.slice(at, at + batch)) {
      const object = found.get(name)
      if (object !== undefined) objects.push(object)
    }
  }
  return objects
}

const namesOf = (objects: readonly StoredObject[]): ReadonlyMap<string, string> => new Map(objects.flatMap(({ name, data }) => {
  const uid = uidIn(data)
  return uid === undefined || uid === '' ? [] : [[uid, name] as const]
}))

/** Calendars as the migrator writes them in its first version, which every release reads, and beside them what that has no place for. */
export async function writeCalendars({ context, archive }: Work): Promise<ShelvesWritten> {
  const { source, clock } = context
  const client = openCalendars(withSessions(source.remote))
  const entries = await source.pace.run(async () => await client.list())
  const counts = await source.pace.run(async () => ({ trashed: await client.trashed(), inbox: await client.inbox() }))
  const left = calendarsOf(entries, counts).left.map(({ refusal }) => refusal)
  const ours: { calendars: OurCalendar[]; subscriptions: OurCalendars['subscriptions'] } = { calendars: [], subscriptions: [] }
  const taken = new Set<string>()
  let count = 0
  for (const entry of entries) {
    if (entry.is === 'subscription') ours.subscriptions.push({ uri: entry.uri, properties: entry.properties })
    if (entry.is !== 'calendar') continue
    const { uri, properties } = entry
    const objects = await objectsIn(source, client.collection(uri))
    const merged = mergedCalendar(properties, objects.map(({ data }) => data))
    const file = shelfFileName(uri, taken)
    taken.add(file)
    const name = merged.count === 0 ? undefined : `${entryNames.calendars}${file}.ics`
    if (name !== undefined) await archive.addText(name, merged.text, clock.now())
    ours.calendars.push({ uri, ...(name === undefined ? {} : { file: name }), properties: calendarFacts(properties), names: namesOf(objects), zones: merged.ownZones })
    left.push(...merged.unreadable.map((data) => unreadable(`${titleOfObject(data) ?? '?'}, in ${properties.displayName}`)))
    count += merged.count
    tell(context, 'calendars', count)
  }
  // Read by the migrator since 34; those before pass over an entry that is no calendar.
  if (ours.subscriptions.length > 0) await archive.addText(entryNames.subscriptionList, JSON.stringify(ours.subscriptions.map(subscriptionFacts)), clock.now())
  await archive.addText(entryNames.ourCalendars, jsonOfOurs(ours), clock.now())
  return { count, left }
}

/** As CalendarMigrator::exportSubscriptions writes it. */
const subscriptionFacts = ({ uri, properties: { displayName, colour, source } }: OurSubscription): Record<string, string | null> => ({
  uri,
  displayname: displayName,
  color: colour ?? null,
  source,
  striptodos: null,
  stripalarms: null,
  stripattachments: null,
})

const calendarFacts = ({ displayName, description, colour, order, timezone, transparent, enabled, components }: CalendarProperties): OurCalendar['properties'] => ({
  displayName,
  ...(description === undefined ? {} : { description }),
  ...(colour === undefined ? {} : { colour }),
  ...(order === undefined ? {} : { order }),
  ...(timezone === undefined ? {} : { timezone }),
  transparent,
  enabled,
  components: [...components],
})

const unreadable = (what: string): Refusal => ({ what, reason: 'it is not written as calendars and contacts are: nothing could read it', next: 'open it in the old account and save it again' })

/** Address books as the migrator writes them. */
export async function writeAddressBooks({ context, archive }: Work): Promise<ShelvesWritten> {
  const { source, clock } = context
  const client = openAddressBooks(withSessions(source.remote))
  const entries = await source.pace.run(async () => await client.list())
  const left = booksOf(entries).left.map(({ refusal }) => refusal)
  const ours: OurAddressBook[] = []
  const taken = new Set<string>()
  let count = 0
  for (const entry of entries) {
    if (entry.is !== 'book') continue
    const { uri, properties } = entry
    const objects = await objectsIn(source, client.collection(uri))
    const merged = mergedCards(objects.map(({ data }) => data))
    const file = shelfFileName(uri, taken)
    taken.add(file)
    const name = merged.count === 0 ? undefined : `${entryNames.addressBooks}${file}.vcf`
    if (name !== undefined) {
      await archive.addText(name, merged.text, clock.now())
      await archive.addText(`${entryNames.addressBooks}${file}.json`, JSON.stringify(bookDescription(properties)), clock.now())
    }
    ours.push({ uri, ...(name === undefined ? {} : { file: name }), properties: { ...bookDescription(properties), enabled: properties.enabled }, names: namesOf(objects) })
    left.push(...merged.unreadable.map((data) => unreadable(`${titleOfCard(data) ?? '?'}, in ${properties.displayName}`)))
    count += merged.count
    tell(context, 'contacts', count)
  }
  await archive.addText(entryNames.ourAddressBooks, jsonOfOurs(ours), clock.now())
  return { count, left }
}

const bookDescription = ({ displayName, description }: AddressBookProperties): { displayName: string; description?: string } => ({ displayName, ...(description === undefined ? {} : { description }) })

const tell = ({ progress }: MoveContext, kind: KindName, done: number): void => progress({ kind, done, total: done })

/** What is known without reading the objects. */
export async function lookAtShelves({ source }: MoveContext): Promise<{ readonly calendars: number; readonly books: number }> {
  const remote = withSessions(source.remote)
  const calendars = await source.pace.run(async () => await openCalendars(remote).list())
  const books = await source.pace.run(async () => await openAddressBooks(remote).list())
  return { calendars: calendars.filter(({ is }) => is === 'calendar' || is === 'subscription').length, books: books.filter(({ is }) => is === 'book').length }
}

