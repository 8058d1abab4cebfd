import { z } from 'zod'
import { components as allComponents } from '../../../nextcloud/caldav/home.ts'
import type { CalendarProperties, HomeEntry, RemoteCalendars } from '../../../nextcloud/caldav/contract.ts'
import { splitCalendar, type OwnZones, type SplitCalendar } from '../icalendar.ts'
import { entryNames } from '../layout.ts'
import { OurCalendars, Segment, type OurCalendar, type OurSubscription } from '../supplements.ts'
import { damagedEntry } from '../zip/damage.ts'
import type { Archive } from './archive.ts'
import { collectionOf, lastOf, missing, named, never, once, uriOf } from './objects.ts'
import { Soundness, type WithUnread } from './soundness.ts'

/** Version 2 of the calendar migrator (34): `calendars.json` beside `<name>.data`. */
const Listed = z.array(z.looseObject({ uri: Segment, label: z.string().nullish(), color: z.string().nullish(), timezone: z.string().nullish() }))
const Subscribed = z.array(z.looseObject({ uri: Segment, displayname: z.string().nullish(), color: z.string().nullish(), source: z.string().nullish() }))

interface Found {
  readonly uri: string
  readonly file: string | undefined
  readonly ours: OurCalendar | undefined
  readonly label: string | undefined
  readonly colour: string | undefined
  readonly timezone: string | undefined
}

/** Calendars of an archive, of the app in its two versions or of ours, as those of an account that is only read. */
export function archiveCalendars(archive: Archive): RemoteCalendars & WithUnread {
  const soundness = new Soundness()
  const split = lastOf(async (file: string) => await splitFile(archive, file, [...(await known()).values()].find((found) => found.file === file)?.ours?.zones))
  const known = once(async () => await foundIn(archive, soundness))
  const entriesOf = async (found: Found): Promise<HomeEntry[]> => {
    const { file } = found
    if (file === undefined) return [entryOf(found, undefined, archive.mark)]
    const calendar = await soundness.read(file, titleOf(found), async () => await split(file))
    return calendar === undefined ? [] : [entryOf(found, calendar, archive.mark)]
  }
  const listed = once(async () => {
    const entries: HomeEntry[] = []
    for (const found of (await known()).values()) entries.push(...(await entriesOf(found)))
    return [...entries, ...(await subscriptionsIn(archive, soundness))]
  })
  return {
    list: async () => [...(await listed())],
    async unread() {
      await listed()
      return soundness.damaged
    },
    collection: (uri) =>
      collectionOf(async () => {
        const found = (await known()).get(uri)
        return found?.file === undefined ? new Map() : named((await split(found.file)).objects, 'ics', found.ours?.names ?? new Map())
      }),
    trashed: async () => await Promise.resolve(0),
    inbox: async () => await Promise.resolve(0),
    create: never,
    subscribe: never,
    setCalendar: never,
    setSubscription: never,
    remove: never,
  }
}

const titleOf = ({ uri, ours, label }: Found): string => ours?.properties.displayName ?? label ?? uri

async function splitFile({ text }: Archive, file: string, zones: OwnZones | undefined): Promise<SplitCalendar> {
  const calendar = splitCalendar((await text(file)) ?? missing(file), zones)
  if (calendar === undefined) throw damagedEntry(file, 'it is not written as a calendar is')
  return calendar
}

/** By uri. What we know of our own goes first, then the list of the app, then what the names of the files say. */
async function foundIn(archive: Archive, soundness: Soundness): Promise<ReadonlyMap<string, Found>> {
  const found = new Map<string, Found>()
  const ours = (await soundness.json(archive, entryNames.ourCalendars, OurCalendars))?.calendars ?? []
  for (const one of ours) found.set(one.uri, { uri: one.uri, file: one.file, ours: one, label: undefined, colour: undefined, timezone: undefined })
  for (const { uri, label, color, timezone } of (await soundness.json(archive, entryNames.calendarList, Listed)) ?? []) {
    const file = `${entryNames.calendars}${uri.replaceAll(/[^a-z0-9-_]/gi, '')}.data`
    found.set(uri, { uri, file: archive.zip.entries.has(file) ? file : undefined, ours: undefined, label: label ?? undefined, colour: color ?? undefined, timezone: timezone ?? undefined })
  }
  const told = new Set([...found.values()].map(({ file }) => file))
  for (const file of archive.zip.entries.keys()) {
    const uri = told.has(file) ? undefined : uriOf(file, entryNames.calendars, ['.ics', '.data'])
    if (uri !== undefined) found.set(uri, { uri, file, ours: undefined, label: undefined, colour: undefined, timezone: undefined })
  }
  return found
}

function entryOf(found: Found, calendar: SplitCalendar | undefined, ctag: string): HomeEntry {
  const { uri, ours } = found
  const properties = ours === undefined ? guessed(found, calendar) : { description: undefined, colour: undefined, order: undefined, timezone: undefined, ...ours.properties }
  // Releases up to 33 export the birthdays as if they were a calendar of the person (calendar#8725).
  if (uri === 'contact_birthdays') return { is: 'generated', uri, displayName: properties.displayName, owner: undefined }
  return { is: 'calendar', uri, properties, ctag }
}

/** From what the app keeps of a calendar. */
function guessed({ uri, label, colour, timezone }: Found, calendar: SplitCalendar | undefined): CalendarProperties {
  const used = allComponents.filter((name) => name === 'VEVENT' || calendar?.components.has(name) === true)
  return {
    displayName: label ?? calendar?.displayName ?? uri,
    description: undefined,
    colour: colour ?? calendar?.colour,
    order: undefined,
    timezone: timezone?.includes('BEGIN:VTIMEZONE') === true ? timezone : undefined,
    transparent: false,
    enabled: true,
    components: used.length === 1 ? allComponents : used,
  }
}

async function subscriptionsIn(archive: Archive, soundness: Soundness): Promise<HomeEntry[]> {
  const ours = (await soundness.json(archive, entryNames.ourCalendars, OurCalendars))?.subscriptions ?? []
  const theirs = (await soundness.json(archive, entryNames.subscriptionList, Subscribed)) ?? []
  const known = new Set(ours.map(({ uri }) => uri))
  return [
    ...ours.map(subscriptionOf),
    ...theirs.flatMap(({ uri, displayname, color, source }) =>
      source === null || source === undefined || known.has(uri) ? [] : [subscriptionOf({ uri, properties: { displayName: displayname ?? uri, colour: color ?? undefined, enabled: true, source } })],
    ),
  ]
}

const subscriptionOf = ({ uri, properties: { displayName, colour, order, enabled, source, refreshRate } }: OurSubscription): HomeEntry => ({
  is: 'subscription',
  uri,
  properties: { displayName, colour, order, enabled, source, refreshRate },
})
