import { createHash } from 'node:crypto'
import { ask, multistatus, propfind, type Wire } from '../../conformance/wire.ts'

/** What is in an account, as plain requests show it: for comparing two of them. */

type Signed = Pick<Wire, 'url'> & { readonly userId: string; readonly password: string }
export const wireOf = ({ url, userId, password }: Signed): Wire => ({ url, user: userId, password })

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const seconds = (date: unknown): number => Date.parse(textOf(date)) / 1000

export interface FileView {
  /** Of the content; `folder` of a folder. */
  readonly sha256: string
  /** Unix seconds. */
  readonly mtime: number
  readonly favourite: boolean
}

/** Files and folders by path. */
export async function filesOf(account: Signed): Promise<Record<string, FileView>> {
  const base = `/remote.php/dav/files/${account.userId}/`
  const found = await propfind(wireOf(account), base, 'getlastmodified oc:favorite', 'infinity')
  const views: Record<string, FileView> = {}
  for (const { href, props } of found) {
    const path = decodeURIComponent(href.slice(base.length))
    if (path === '') continue
    const sha256 = path.endsWith('/') ? 'folder' : createHash('sha256').update((await ask(wireOf(account), 'GET', href)).bytes).digest('hex')
    views[path] = { sha256, mtime: seconds(props['getlastmodified']), favourite: props['favorite'] === '1' }
  }
  return views
}

/** Texts of all objects below a home of calendars or address books, by the name of the collection. */
export async function shelvesOf(account: Signed, home: 'calendars' | 'addressbooks/users'): Promise<Record<string, string[]>> {
  const base = `/remote.php/dav/${home}/${account.userId}/`
  const collections = await propfind(wireOf(account), base, 'displayname resourcetype', '1')
  const shelves: Record<string, string[]> = {}
  for (const { href, props } of collections) {
    const kind = props['resourcetype']
    if (typeof kind !== 'object' || kind === null || !('calendar' in kind || 'addressbook' in kind) || /contact_birthdays|-generated--/.test(href)) continue
    const objects = (await propfind(wireOf(account), href, 'getetag', '1')).map((found) => found.href).filter((object) => !object.endsWith('/'))
    shelves[textOf(props['displayname'])] = await Promise.all(objects.map(async (object) => (await ask(wireOf(account), 'GET', object)).text))
  }
  return shelves
}

/** Texts with their dates, oldest first. */
export async function commentsOf(account: Signed, path: string): Promise<string[]> {
  const [file] = await propfind(wireOf(account), `/remote.php/dav/files/${account.userId}/${path}`, 'oc:fileid')
  const body = '<?xml version="1.0"?><oc:filter-comments xmlns:oc="http://owncloud.org/ns"><oc:limit>100</oc:limit><oc:offset>0</oc:offset></oc:filter-comments>'
  const found = multistatus(await ask(wireOf(account), 'REPORT', `/remote.php/dav/comments/files/${textOf(file?.props['fileid'])}`, { headers: { 'content-type': 'application/xml' }, body }))
  return found.map(({ props }) => `${new Date(textOf(props['creationDateTime'])).toISOString()} ${textOf(props['message'])}`).toSorted()
}

/** What one may read of one's own profile, and whether there is a picture. */
export async function profileOf(account: Signed): Promise<Record<string, unknown>> {
  const headers = { 'ocs-apirequest': 'true', accept: 'application/json' }
  const { text } = await ask(wireOf(account), 'GET', '/ocs/v2.php/cloud/user?format=json', { headers })
  const { data } = (JSON.parse(text) as { ocs: { data: Record<string, unknown> } }).ocs
  const avatar = await ask(wireOf(account), 'GET', `/index.php/avatar/${account.userId}/64`)
  return { ...Object.fromEntries(['displayname', 'email', 'phone', 'website', 'organisation', 'headline', 'language'].map((name) => [name, data[name]])), picture: avatar.headers.get('x-nc-iscustomavatar') }
}

/** Lines of a calendar or card that say something about it: without who wrote it, and what importers add or take away. */
export const said = (text: string): string[] =>
  text
    .replaceAll(/\r?\n[ \t]/g, '')
    .split(/\r?\n/)
    .map((line) => line.replaceAll(/;RSVP=[^;:]*/g, '').replaceAll('"', '').replaceAll(String.raw`\,`, ','))
    .filter((line) => line !== '' && !/^(PRODID|CALSCALE|VERSION|DTSTAMP|CREATED|LAST-MODIFIED|REV)[;:]/.test(line))
    .toSorted()
