import { childrenIn, listIn, textIn, type DavResponse } from '../multistatus.ts'
import { nameIn } from '../groupware/ask.ts'
import { sharedWithIn } from '../groupware/sharing.ts'
import type { XmlName } from '../groupware/xml.ts'
import type { CalendarProperties, Component, HomeEntry, SeenByOthers, SubscriptionProperties } from './contract.ts'

/** What a PROPFIND asks for, to fill {@link HomeEntry}. */
export const homeQuestion: readonly XmlName[] = [
  'd:resourcetype', 'd:displayname', 'cs:getctag', 'cal:calendar-description', 'cal:calendar-timezone', 'cal:schedule-calendar-transp', 'cal:supported-calendar-component-set',
  'ical:calendar-color', 'ical:calendar-order', 'ical:refreshrate', 'oc:calendar-enabled', 'oc:owner-principal', 'cs:source', 'nc:owner-displayname',
  'oc:invite', 'cs:publish-url', 'cal:calendar-availability',
]

/** Of BirthdayService and of ExternalCalendar (apps). */
const isGenerated = (uri: string): boolean => uri === 'contact_birthdays' || uri.startsWith('app-generated--')

export const components: readonly Component[] = ['VEVENT', 'VTODO', 'VJOURNAL']

/** What a response is; undefined for the home itself, outbox, notifications and trash, and for an inbox without working hours. Pure. */
export function homeEntryOf(uid: string, response: DavResponse): HomeEntry | undefined {
  const { props } = response
  const uri = nameIn(response.href)
  const type = childrenIn(props['resourcetype'])
  const displayName = textIn(props['displayname']) || uri
  const owner = ownerIn(props)
  if ('deleted-calendar' in type) return { is: 'deleted', uri, displayName, owner }
  if ('subscribed' in type) return { is: 'subscription', uri, properties: subscriptionIn(displayName, props) }
  if ('schedule-inbox' in type) return hasHours(props) ? { is: 'hours', uri } : undefined
  if (!('calendar' in type)) return undefined
  if (isGenerated(uri)) return { is: 'generated', uri, displayName, owner }
  if (owner !== undefined && owner !== uid) return { is: 'shared', uri, displayName, owner: textIn(props['owner-displayname']) || owner }
  return { is: 'calendar', uri, properties: calendarIn(displayName, props), ctag: textIn(props['getctag']), ...seenIn(uid, props) }
}

/** Kept at the inbox (Schedule\Plugin, settings of the app dav). Without an `AVAILABLE` it says nothing. */
const hasHours = (props: DavResponse['props']): boolean => /^BEGIN:AVAILABLE\s*$/im.test(textIn(props['calendar-availability']))

function seenIn(uid: string, props: DavResponse['props']): SeenByOthers {
  const sharedWith = sharedWithIn(uid, props['invite'])
  const link = textIn(childrenIn(props['publish-url'])['href'])
  return { ...(sharedWith.length === 0 ? {} : { sharedWith }), ...(link === '' ? {} : { published: true as const }) }
}

/** `principals/users/bob`, or the address of an account elsewhere. */
function ownerIn(props: DavResponse['props']): string | undefined {
  const principal = textIn(props['owner-principal'])
  return principal === '' ? undefined : principal.replace(/^\/?principals\/users\//, '')
}

function calendarIn(displayName: string, props: DavResponse['props']): CalendarProperties {
  const supported = listIn(childrenIn(props['supported-calendar-component-set'])['comp']).map((comp) => textIn(childrenIn(comp)['@name']))
  const known = components.filter((name) => supported.includes(name))
  return {
    ...commonIn(displayName, props),
    description: filled(props['calendar-description']),
    timezone: filled(props['calendar-timezone']),
    transparent: 'transparent' in childrenIn(props['schedule-calendar-transp']),
    components: known.length === 0 ? components : known,
  }
}

const subscriptionIn = (displayName: string, props: DavResponse['props']): SubscriptionProperties => ({
  ...commonIn(displayName, props),
  source: textIn(childrenIn(props['source'])['href']).trim(),
  refreshRate: filled(props['refreshrate']),
})

function commonIn(displayName: string, props: DavResponse['props']): Pick<CalendarProperties, 'displayName' | 'colour' | 'order' | 'enabled'> {
  const order = filled(props['calendar-order'])
  return { displayName, colour: filled(props['calendar-color']), order: order === undefined ? undefined : Number(order), enabled: textIn(props['calendar-enabled']) !== '0' }
}

function filled(value: DavResponse['props'][string] | undefined): string | undefined {
  const text = textIn(value)
  return text.trim() === '' ? undefined : text
}
