import type { SignedIn } from '../../exchange.ts'
import { escapeXml } from '../../xml.ts'
import { hrefOf } from '../names.ts'
import { httpDate } from '../properties.ts'
import { isSubscription, type Collection, type StoredObject } from './store.ts'

const cal = (name: string): string => `{urn:ietf:params:xml:ns:caldav}${name}`
const card = (name: string): string => `{urn:ietf:params:xml:ns:carddav}${name}`

export const usualNames = ['resourcetype', 'getlastmodified', 'getcontentlength', 'getetag', 'getcontenttype'].map((name) => `{DAV:}${name}`)

const href = (...parts: readonly string[]): string => `<d:href>${hrefOf(['remote.php', 'dav', ...parts], true)}</d:href>`
const principal = (uid: string): string => href('principals', 'users', uid)
export const syncToken = (collection: Collection): string => `http://sabre.io/ns/sync/${collection.token}`

export function rootProperty({ account }: SignedIn, name: string): string | undefined {
  if (name === '{DAV:}resourcetype') return '<d:collection/>'
  return name === '{DAV:}current-user-principal' ? principal(account.uid) : undefined
}

export function principalProperty(exchange: SignedIn, name: string): string | undefined {
  const { uid, display_name } = exchange.account
  const values: Readonly<Record<string, string>> = {
    '{DAV:}resourcetype': '<d:collection/><d:principal/>',
    '{DAV:}displayname': escapeXml(display_name),
    '{DAV:}owner': principal(uid),
    [cal('calendar-home-set')]: href('calendars', uid),
    [card('addressbook-home-set')]: href('addressbooks', 'users', uid),
    [cal('calendar-user-address-set')]: principal(uid),
  }
  return values[name] ?? rootProperty(exchange, name)
}

export function collectionProperty(exchange: SignedIn, collection: Collection, name: string): string | undefined {
  if (isSubscription(collection) && name in subscriptionLacks) return subscriptionLacks[name]
  const calendar = collection.kind === 'calendar'
  const reports = calendar ? ['<cal:calendar-multiget/>', '<cal:calendar-query/>', '<d:sync-collection/>'] : ['<card:addressbook-multiget/>', '<card:addressbook-query/>', '<d:sync-collection/>']
  const values: Readonly<Record<string, string>> = {
    '{DAV:}resourcetype': `<d:collection/>${calendar ? '<cal:calendar/>' : '<card:addressbook/>'}`,
    '{DAV:}displayname': escapeXml(collection.display_name),
    '{DAV:}owner': principal(collection.uid),
    '{DAV:}sync-token': syncToken(collection),
    '{http://calendarserver.org/ns/}getctag': calendar ? syncToken(collection) : String(collection.token),
    '{DAV:}supported-report-set': reports.map((one) => `<d:supported-report><d:report>${one}</d:report></d:supported-report>`).join(''),
    '{http://owncloud.org/ns}owner-principal': `principals/users/${escapeXml(collection.uid)}`,
    '{http://nextcloud.com/ns}owner-displayname': escapeXml(exchange.account.display_name),
  }
  const stored = collection.properties[name] ?? (calendar ? calendarDefaults[name] : undefined)
  return values[name] ?? stored ?? (name === '{DAV:}current-user-principal' ? principal(exchange.account.uid) : undefined)
}

const calendarDefaults: Readonly<Record<string, string>> = {
  [cal('supported-calendar-component-set')]: '<cal:comp name="VEVENT"/><cal:comp name="VTODO"/>',
  [cal('schedule-calendar-transp')]: '<cal:opaque/>',
  '{http://apple.com/ns/ical/}calendar-order': '0',
}

/** A subscription is no calendar: it has neither reports nor a token, and no owner of Nextcloud's kind. */
const subscriptionLacks: Readonly<Record<string, string | undefined>> = {
  '{DAV:}resourcetype': '<d:collection/><cs:subscribed/>',
  '{DAV:}sync-token': undefined,
  '{DAV:}supported-report-set': undefined,
  '{http://owncloud.org/ns}owner-principal': undefined,
  '{http://nextcloud.com/ns}owner-displayname': undefined,
}

export function objectProperty(collection: Collection, object: StoredObject, name: string): string | undefined {
  const calendar = collection.kind === 'calendar'
  const values: Readonly<Record<string, string>> = {
    '{DAV:}resourcetype': '',
    '{DAV:}getetag': `&quot;${object.etag}&quot;`,
    '{DAV:}getlastmodified': httpDate(object.modified),
    '{DAV:}getcontentlength': String(Buffer.byteLength(object.data)),
    '{DAV:}getcontenttype': calendar ? `text/calendar; charset=utf-8; component=${object.component}` : 'text/vcard; charset=utf-8',
    // sabre/dav takes the CR out of calendars where it shows them as a property (CalDAV\\Plugin::propFind).
    [calendar ? cal('calendar-data') : card('address-data')]: escapeXml(calendar ? object.data.replaceAll('\r', '') : object.data),
  }
  return values[name]
}
