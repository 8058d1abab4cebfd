import { asChatonError } from '../../kit/errors.ts'
import type { Remote } from '../remote.ts'
import { askDav } from '../groupware/ask.ts'
import { collectionAt } from '../groupware/collection.ts'
import { makeCollection, removeCollection, setProperties } from '../groupware/create.ts'
import type { Dialect } from '../groupware/place.ts'
import { isStored } from '../groupware/read.ts'
import { documentOf, escapeXml, propfindOf, type XmlProperty } from '../groupware/xml.ts'
import type { CalendarProperties, Component, HomeEntry, RemoteCalendars, SubscriptionProperties } from './contract.ts'
import { components, homeEntryOf, homeQuestion } from './home.ts'
import { silence } from './silence.ts'
import { homeOf, restoreObject, trashedObjects } from './trash.ts'

const dialect: Dialect = {
  data: 'cal:calendar-data',
  multiget: 'cal:calendar-multiget',
  asked: ['<cal:calendar-data/>'],
  contentType: 'text/calendar; charset=utf-8',
  headers: silence,
  /** The report shows lines without CR (CalDAV\Plugin::propFind); most objects are stored with it, some without. */
  stored: (shown, etag) => (isStored(shown, etag) ? shown : shown.replaceAll(/\r?\n/g, '\r\n')),
  searches: (uid) => components.map((component) => searchOf(component, uid)),
  restore: restoreObject,
}

/** Nextcloud looks into one component only. Its matches are of parts of a text. */
function searchOf(component: Component, uid: string): string {
  const property = `<cal:prop-filter name="UID"><cal:text-match collation="i;octet">${escapeXml(uid)}</cal:text-match></cal:prop-filter>`
  const filter = `<cal:comp-filter name="VCALENDAR"><cal:comp-filter name="${component}">${property}</cal:comp-filter></cal:comp-filter>`
  return documentOf('cal:calendar-query', `<d:prop><d:getetag/></d:prop><cal:filter>${filter}</cal:filter>`)
}

/** Calendars of the account that `remote` is signed in with. */
export function openCalendars(remote: Remote): RemoteCalendars {
  const home = homeOf(remote)
  const path = (uri: string): string => `${home}${encodeURIComponent(uri)}/`
  return {
    async list() {
      const { responses } = await askDav(remote, home, { method: 'PROPFIND', depth: '1', body: propfindOf(homeQuestion), what: 'listing calendars' })
      return responses.map((response) => homeEntryOf(remote.uid, response)).filter((entry): entry is HomeEntry => entry !== undefined)
    },
    create: async (uri, properties) => await makeCollection(remote, path(uri), { type: '<cal:calendar/>', properties: [...calendarXml(properties), componentsXml(properties)] }),
    subscribe: async (uri, properties) => await makeCollection(remote, path(uri), { type: '<cs:subscribed/>', properties: subscriptionXml(properties) }),
    setCalendar: async (uri, properties) => await setProperties(remote, path(uri), [...calendarXml(properties), enabledXml(properties)]),
    setSubscription: async (uri, properties) => await setProperties(remote, path(uri), [...subscriptionXml(properties), enabledXml(properties)]),
    remove: async (uri) => await removeCollection(remote, path(uri), silence),
    collection: (uri) => collectionAt({ remote, dialect, path: path(uri) }),
    trashed: async () => (await trashedObjects(remote)).length,
    inbox: async () => Math.max(0, (await countOf(remote, `${home}inbox/`, propfindOf(['d:getetag']))) - 1),
  }
}

/** Responses to a question; none where the server has no such place. */
async function countOf(remote: Remote, path: string, body: string): Promise<number> {
  try {
    return (await askDav(remote, path, { method: 'PROPFIND', depth: '1', body, what: 'counting' })).responses.length
  } catch (thrown) {
    const { data } = asChatonError(thrown)
    if ([404, 405, 415, 501].includes(Number(data['status']))) return 0
    throw thrown
  }
}

function calendarXml(properties: CalendarProperties): XmlProperty[] {
  return [
    ...lookXml(properties),
    ['cal:calendar-description', escapeXml(properties.description ?? '')],
    ...(properties.timezone === undefined ? [] : [['cal:calendar-timezone', escapeXml(properties.timezone)] as const]),
    ['cal:schedule-calendar-transp', properties.transparent ? '<cal:transparent/>' : '<cal:opaque/>'],
  ]
}

function subscriptionXml(properties: SubscriptionProperties): XmlProperty[] {
  const { source, refreshRate } = properties
  return [...lookXml(properties), ['cs:source', `<d:href>${escapeXml(source)}</d:href>`], ...(refreshRate === undefined ? [] : [['ical:refreshrate', escapeXml(refreshRate)] as const])]
}

const lookXml = ({ displayName, colour, order }: Pick<CalendarProperties, 'displayName' | 'colour' | 'order'>): XmlProperty[] => [
  ['d:displayname', escapeXml(displayName)],
  ...(colour === undefined ? [] : [['ical:calendar-color', escapeXml(colour)] as const]),
  ...(order === undefined ? [] : [['ical:calendar-order', String(order)] as const]),
]

const componentsXml = ({ components }: CalendarProperties): XmlProperty => ['cal:supported-calendar-component-set', components.map((name) => `<cal:comp name="${name}"/>`).join('')]

/** Kept by Nextcloud for each person (oc_properties); MKCOL does not take it. */
const enabledXml = ({ enabled }: Pick<CalendarProperties, 'enabled'>): XmlProperty => ['oc:calendar-enabled', enabled ? '1' : '0']
