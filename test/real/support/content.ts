import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { ask, propfind, type Wire } from '../../conformance/wire.ts'

/** File names that have broken programs: each a path below the home folder, still to be URL-encoded. */
const oddNames = [
  'simple.txt',
  'Été à la plage/crème brûlée.txt',
  'cafe\u0301 decomposed.txt',
  ' 100 % sûr # 1 + 1 = 2 & co; (copie) [2] {3} \'"~`!@$^,.txt',
  '%41%2F.txt',
  'a/b/c/d/e/f/g/deep.txt',
  '🌻 jardin 👩‍🌾.md',
  '日本語/ファイル.txt',
  '.hidden',
  'empty.bin',
  '-rf',
  `${'long-'.repeat(45)}.txt`,
]

const encode = (path: string): string => path.split('/').map(encodeURIComponent).join('/')
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
const files = (wire: Wire): string => `/remote.php/dav/files/${encodeURIComponent(wire.user)}/`
const calendar = (wire: Wire): string => `/remote.php/dav/calendars/${wire.user}/jardin/`
const contacts = (wire: Wire): string => `/remote.php/dav/addressbooks/users/${wire.user}/voisins/`

async function expectStatus(expected: number, wire: Wire, ...request: [method: string, path: string, options?: Parameters<typeof ask>[3]]): Promise<void> {
  const { status, text } = await ask(wire, ...request)
  expect(status, `${request[0]} ${request[1]}: ${text}`).toBe(expected)
}

async function ocs<T>(wire: Wire, path: string, form: Readonly<Record<string, string>>): Promise<T> {
  const { status, text } = await ask(wire, 'POST', `/ocs/v2.php/apps/${path}?format=json`, {
    headers: { 'ocs-apirequest': 'true', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  })
  expect([status, text]).toEqual([200, expect.any(String)])
  return (JSON.parse(text) as { ocs: { data: T } }).ocs.data
}

export interface Content {
  /** Token of a public link to `Été à la plage`. */
  readonly link: string
}

/** Files with odd names, times, a favourite, a version, something in the trash; a calendar, contacts; a share with `other`, a public link. */
export async function fill(wire: Wire, other: Wire): Promise<Content> {
  const home = files(wire)
  const folders = new Set(oddNames.flatMap((name) => name.split('/').slice(0, -1).map((_, at, parts) => parts.slice(0, at + 1).join('/'))))
  for (const folder of folders) await expectStatus(201, wire, 'MKCOL', home + encode(folder))
  for (const [at, name] of oddNames.entries()) {
    const body = name === 'empty.bin' ? '' : `contents of ${name}\n`.repeat(at + 1)
    await expectStatus(201, wire, 'PUT', home + encode(name), { body, headers: { 'x-oc-mtime': String(1_300_000_000 + at * 1000) } })
  }
  await expectStatus(201, wire, 'PUT', `${home}binary.bin`, { body: Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 31) % 256)) })
  await expectStatus(201, wire, 'PUT', `${home}versioned.txt`, { body: 'first', headers: { 'x-oc-mtime': '1400000000' } })
  await expectStatus(204, wire, 'PUT', `${home}versioned.txt`, { body: 'second and longer', headers: { 'x-oc-mtime': '1500000000' } })
  await expectStatus(201, wire, 'PUT', `${home}to-the-trash.txt`, { body: 'once wanted' })
  await expectStatus(204, wire, 'DELETE', `${home}to-the-trash.txt`)
  const favourite = '<d:propertyupdate xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:set><d:prop><oc:favorite>1</oc:favorite></d:prop></d:set></d:propertyupdate>'
  await expectStatus(207, wire, 'PROPPATCH', `${home}simple.txt`, { body: favourite })
  await fillGroupware(wire)
  await ocs(wire, 'files_sharing/api/v1/shares', { path: '/a', shareType: '0', shareWith: other.user })
  const { token } = await ocs<{ token: string }>(wire, 'files_sharing/api/v1/shares', { path: '/Été à la plage', shareType: '3' })
  return { link: token }
}

async function fillGroupware(wire: Wire): Promise<void> {
  await expectStatus(201, wire, 'MKCALENDAR', calendar(wire), {
    body: '<c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set><d:prop><d:displayname>Le jardin 🌱</d:displayname></d:prop></d:set></c:mkcalendar>',
  })
  await expectStatus(201, wire, 'MKCOL', contacts(wire), {
    headers: { 'content-type': 'application/xml' },
    body: '<d:mkcol xmlns:d="DAV:" xmlns:card="urn:ietf:params:xml:ns:carddav"><d:set><d:prop><d:resourcetype><d:collection/><card:addressbook/></d:resourcetype><d:displayname>Voisins</d:displayname></d:prop></d:set></d:mkcol>',
  })
  const event = (uid: string, more: string): string =>
    `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//chaton//test//FR\r\nBEGIN:VEVENT\r\nUID:${uid}\r\nDTSTAMP:20260101T000000Z\r\n${more}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`
  const events = {
    'semis.ics': event('semis', 'DTSTART:20260301T090000Z\r\nDTEND:20260301T110000Z\r\nSUMMARY:Semis d’été'),
    'weekly.ics': event('weekly', 'DTSTART;TZID=Europe/Paris:20260105T180000\r\nRRULE:FREQ=WEEKLY;COUNT=10\r\nSUMMARY:Réunion'),
    'all-day.ics': event('all-day', 'DTSTART;VALUE=DATE:20260621\r\nSUMMARY:Fête\\, au jardin\r\nDESCRIPTION:Ligne 1\\nLigne 2'),
  }
  for (const [name, body] of Object.entries(events)) await expectStatus(201, wire, 'PUT', calendar(wire) + name, { body, headers: { 'content-type': 'text/calendar' } })
  for (const name of ['Zoé', 'Ömer', 'Ana María']) {
    const body = `BEGIN:VCARD\r\nVERSION:3.0\r\nUID:${name}\r\nFN:${name} Martin\r\nN:Martin;${name};;;\r\nEMAIL:${encodeURIComponent(name)}@voisins.example\r\nEND:VCARD\r\n`
    await expectStatus(201, wire, 'PUT', `${contacts(wire)}${encodeURIComponent(name)}.vcf`, { body, headers: { 'content-type': 'text/vcard' } })
  }
}

/** All that an account sees through DAV: checksum and time of each file by path, favourites, trash, versions, events, cards. */
export async function seenBy(wire: Wire): Promise<Record<string, string>> {
  const home = files(wire)
  const seen: Record<string, string> = {}
  for (const { href, props } of await propfind(wire, home, 'getlastmodified resourcetype oc:favorite oc:fileid', 'infinity')) {
    const facts = `${String(props['getlastmodified'])} ${String(props['favorite'])}`
    const isFile = props['resourcetype'] === ''
    // A folder's time moves with the last write into it, which is part of what is restored.
    seen[href] = isFile ? `${sha256((await ask(wire, 'GET', href)).bytes)} ${facts}` : `folder ${facts}`
    if (decodeURIComponent(href).endsWith('/versioned.txt')) await addVersions(wire, seen, String(props['fileid']))
  }
  for (const { href, props } of await propfind(wire, `/remote.php/dav/trashbin/${wire.user}/trash/`, 'nc:trashbin-original-location getcontentlength', '1')) {
    seen[href] = `${String(props['trashbin-original-location'])} ${String(props['getcontentlength'])}`
  }
  for (const collection of [calendar(wire), contacts(wire)]) {
    for (const { href, props } of await propfind(wire, collection, 'getetag displayname', '1')) {
      const isCollection = href.endsWith('/')
      seen[href] = isCollection ? String(props['displayname']) : `${String(props['getetag'])} ${sha256((await ask(wire, 'GET', href)).bytes)}`
    }
  }
  return seen
}

async function addVersions(wire: Wire, seen: Record<string, string>, fileId: string): Promise<void> {
  for (const { href, props } of await propfind(wire, `/remote.php/dav/versions/${wire.user}/versions/${fileId}/`, 'getcontentlength', '1')) {
    if (props['getcontentlength'] !== undefined) seen[href] = sha256((await ask(wire, 'GET', href)).bytes)
  }
}

/** What anybody gets through a public link of a folder: the contents of one file in it. */
export async function throughLink(url: string, token: string): Promise<string> {
  const { status, text } = await ask({ url, user: '', password: '' }, 'GET', `/public.php/dav/files/${token}/${encode('crème brûlée.txt')}`, { as: false, headers: { 'x-requested-with': 'XMLHttpRequest' } })
  expect([status, text]).toEqual([200, expect.any(String)])
  return text
}

/** What the second account reads of the folder that was shared with it. */
export async function throughShare(other: Wire): Promise<string> {
  const { status, text } = await ask(other, 'GET', `${files(other)}${encode('a/b/c/d/e/f/g/deep.txt')}`)
  expect([status, text]).toEqual([200, expect.any(String)])
  return text
}

/** Does the password let the account in? */
export async function signsIn(wire: Wire): Promise<boolean> {
  return (await ask(wire, 'GET', '/ocs/v2.php/cloud/user?format=json', { headers: { 'ocs-apirequest': 'true' } })).status === 200
}
