import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { listingOf } from '../../src/move/calendars/index.ts'
import { homeEntryOf } from '../../src/nextcloud/caldav/home.ts'
import { readMultistatus } from '../../src/nextcloud/multistatus.ts'

const response = (uri: string, props: string): string =>
  `<d:response><d:href>/cloud/remote.php/dav/calendars/ann/${uri}</d:href><d:propstat><d:prop>${props}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat><d:propstat><d:prop><oc:calendar-enabled/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>`
const calendar = '<d:collection/><cal:calendar/>'
const typed = (type: string, name: string, owner = 'ann'): string =>
  `<d:resourcetype>${type}</d:resourcetype><d:displayname>${name}</d:displayname><oc:owner-principal>principals/users/${owner}</oc:owner-principal><x2:owner-displayname xmlns:x2="http://nextcloud.com/ns">Person ${owner}</x2:owner-displayname>`

/** As Nextcloud 28.0.2 and 34.0.1 answer. */
const home = `<?xml version="1.0"?>
<d:multistatus xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns" xmlns:cal="urn:ietf:params:xml:ns:caldav" xmlns:cs="http://calendarserver.org/ns/" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns">${[
  response('', '<d:resourcetype><d:collection/></d:resourcetype>'),
  response('ete/', `${typed(calendar, 'Été &amp; travail')}<cs:getctag>http://sabre.io/ns/sync/7</cs:getctag><x1:calendar-color xmlns:x1="http://apple.com/ns/ical/">#ff7a66ff</x1:calendar-color><x1:calendar-order xmlns:x1="http://apple.com/ns/ical/">7</x1:calendar-order><cal:schedule-calendar-transp><cal:transparent/></cal:schedule-calendar-transp><cal:supported-calendar-component-set><cal:comp name="VTODO"/></cal:supported-calendar-component-set><cal:calendar-description>Ligne 1
Ligne 2</cal:calendar-description>`),
  response('team_shared_by_bob/', typed(calendar, 'Équipe (Person bob)', 'bob')),
  response('contact_birthdays/', typed(calendar, 'Contact birthdays')),
  response('app-generated--deck--board-1/', typed(calendar, 'Deck: Jardin')),
  response('dead/', typed('<d:collection/><x2:deleted-calendar xmlns:x2="http://nextcloud.com/ns"/>', 'Vieux')),
  response('inbox/', '<d:resourcetype><d:collection/><cal:schedule-inbox/></d:resourcetype>'),
  response('outbox/', '<d:resourcetype><d:collection/><cal:schedule-outbox/></d:resourcetype>'),
  response('trashbin/', '<d:resourcetype><d:collection/><x2:trash-bin xmlns:x2="http://nextcloud.com/ns"/></d:resourcetype>'),
  response('sub/', '<d:resourcetype><d:collection/><cs:subscribed/></d:resourcetype><d:displayname>Vacances</d:displayname><cs:source><d:href>https://example.org/v.ics?a=1&amp;b=2</d:href></cs:source><x1:refreshrate xmlns:x1="http://apple.com/ns/ical/">P1D</x1:refreshrate>'),
].join('')}</d:multistatus>`

it('tells own calendars from what others share, what servers make, and the trash', async () => {
  const entries = []
  for await (const one of readMultistatus(Readable.from([Buffer.from(home)]))) entries.push(homeEntryOf('ann', one))
  const listing = listingOf(entries.filter((entry) => entry !== undefined), { trashed: 3, inbox: 0 })
  expect(listing.shelves.map(({ uri, settings }) => [uri, settings.properties])).toEqual([
    ['ete', { displayName: 'Été & travail', description: 'Ligne 1\nLigne 2', colour: '#ff7a66ff', order: 7, timezone: undefined, transparent: true, enabled: true, components: ['VTODO'] }],
    ['sub', { displayName: 'Vacances', colour: undefined, order: undefined, enabled: true, source: 'https://example.org/v.ics?a=1&b=2', refreshRate: 'P1D' }],
  ])
  expect(listing.left.map(({ refusal }) => [refusal.what, refusal.reason])).toEqual([
    ['Équipe (Person bob)', 'the calendar belongs to Person bob, who shares it with you'],
    ['Contact birthdays', 'a server makes this calendar from the birthdays in your contacts; the new one makes it again'],
    ['Deck: Jardin', 'an app makes this calendar from its own data'],
    ['Vieux', 'the calendar is in the trash'],
    ['Trash of the calendars', '3 deleted events or tasks stay at the old host'],
  ])
  expect(['inbox', 'trashbin', 'dead', 'team_shared_by_bob', 'ete', 'free'].filter((uri) => !listing.taken.has(uri))).toEqual(['free'])
})

/** Answers of 32.0.1 (28.0.2 answers the same), for the account `admin`. */
const answerOf = (responses: string): string =>
  `<?xml version="1.0"?>\n<d:multistatus xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns" xmlns:cal="urn:ietf:params:xml:ns:caldav" xmlns:cs="http://calendarserver.org/ns/" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns">${responses}</d:multistatus>`
const sharee = (principal: string, name: string, access: string): string =>
  `<oc:user><d:href>principal:principals/${principal}</d:href><oc:common-name>${name}</oc:common-name><oc:invite-accepted/><oc:access><oc:${access}/></oc:access></oc:user>`
const own = (uri: string, name: string, props: string): string =>
  `<d:response><d:href>/remote.php/dav/calendars/admin/${uri}/</d:href><d:propstat><d:prop><d:resourcetype>${calendar}</d:resourcetype><d:displayname>${name}</d:displayname>${props}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat><d:propstat><d:prop><cal:calendar-availability/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>`
const inboxWith = (component: string): string =>
  `<d:response><d:href>/remote.php/dav/calendars/admin/inbox/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/><cal:schedule-inbox/></d:resourcetype><cal:calendar-availability>BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VAVAILABILITY
UID:av
${component}
END:VAVAILABILITY
END:VCALENDAR
</cal:calendar-availability></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`

async function listed(responses: string): Promise<ReturnType<typeof listingOf>> {
  const entries = []
  for await (const one of readMultistatus(Readable.from([Buffer.from(answerOf(responses))]))) entries.push(homeEntryOf('admin', one))
  return listingOf(entries.filter((entry) => entry !== undefined), { trashed: 0, inbox: 0 })
}

it('tells who sees a calendar beside its owner, and working hours: they stay behind, the calendars do not', async () => {
  const group = sharee('groups/Atelier', 'Atelier', 'read')
  const { shelves, left } = await listed(
    own('jardin', 'Jardin', `<oc:invite>${group}${sharee('users/bob', 'Bob &amp; co', 'read-write')}</oc:invite>`) +
      own('public', 'Fête', `<oc:invite>${sharee('users/admin', 'Camille Martin', 'read-write')}</oc:invite><cs:publish-url><d:href>https://old.example/remote.php/dav/public-calendars/m8LMYCKpYRZdcPma</d:href></cs:publish-url>`) +
      own('both', 'Tous', `<oc:invite>${sharee('users/admin', 'Camille Martin', 'read-write')}${group}</oc:invite><cs:publish-url><d:href>https://old.example/remote.php/dav/public-calendars/x</d:href></cs:publish-url>`) +
      own('seul', 'Seul', '<oc:invite/>') +
      inboxWith('BEGIN:AVAILABLE\nRRULE:FREQ=WEEKLY;BYDAY=MO\nEND:AVAILABLE'),
  )
  expect(shelves.map(({ uri }) => uri)).toEqual(['jardin', 'public', 'both', 'seul'])
  const link = { reason: 'published under a public link, which stays at the old host', next: 'publish it again at the new host and give out the new link' }
  const next = 'share it again by hand at the new host'
  expect(left.map(({ refusal }) => refusal)).toEqual([
    { what: 'Jardin', reason: 'shared with Atelier, Bob & co: sharing does not move with calendars and address books', next },
    { what: 'Fête', ...link },
    { what: 'Tous', reason: 'shared with Atelier: sharing does not move with calendars and address books', next },
    { what: 'Tous', ...link },
    { what: 'Working hours', reason: 'the hours at which you can be reached stay at the old host', next: 'set them again at the new host, under Settings, Availability' },
  ])
  expect(new Set(left.map(({ uri }) => uri)).size).toBe(5)
})

it('working hours without any hours are none', async () => {
  expect((await listed(inboxWith(''))).left).toEqual([])
})
