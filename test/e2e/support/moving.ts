import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSecretFile } from '../../../src/kit/secrets-file.ts'
import { runCli, someFirstPort, startCli, type Ended, type RunningCli } from '../../support/cli.ts'

export interface Person {
  readonly url: string
  readonly user: string
  /** Of the account itself. */
  readonly password: string
  readonly headers: { readonly authorization: string }
}

export interface Moving {
  readonly old: Person
  readonly new: Person
  readonly state: string
  /** Runs chaton to its end, on the state directory of the mover. */
  chaton(...args: string[]): Promise<Ended>
  start(args: readonly string[], env?: Readonly<Record<string, string>>): RunningCli
  /** What `--from`, `--to` and app passwords are for a run without a person. */
  readonly flags: readonly string[]
  readonly passwords: Readonly<Record<string, string>>
  /** An app password that the mover keeps, or undefined. */
  kept(move: string, side: 'source' | 'destination'): Promise<string | undefined>
  /** As the host of one of the two spaces would. */
  disable(slug: Slug): Promise<void>
  quota(slug: Slug, size: string): Promise<void>
  close(): Promise<void>
}

type Slug = 'ancien' | 'nouveau'

const basic = (user: string, password: string): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

/** Two sandbox spaces of one hoster, an account with a password in each, and a mover with a state directory of its own. */
export async function twoSandboxes(): Promise<Moving> {
  const hoster = mkdtempSync(join(tmpdir(), 'chaton-move-hoster-'))
  const state = mkdtempSync(join(tmpdir(), 'chaton-mover-'))
  const hosterEnv = { CHATON_STATE_DIRECTORY: hoster, CHATON_WEB_FIRST_PORT: someFirstPort() }
  const env = { CHATON_STATE_DIRECTORY: state }
  const admin = new Map<Slug, { readonly url: string; readonly authorization: string }>()
  const old = await space('ancien')
  const other = await space('nouveau')

  async function space(slug: Slug): Promise<Person> {
    const file = join(hoster, `${slug}.yaml`)
    writeFileSync(file, readFileSync('fixtures/spaces/jardin-partage.yaml', 'utf8').replace('name: jardin-partage', `name: ${slug}`).replace('camille@', `${slug}@`))
    const { stdout, stderr, exitCode } = await runCli(['provision', file, '--json'], hosterEnv)
    if (exitCode !== 0) throw new Error(stderr + stdout)
    const { status, signIn } = JSON.parse(stdout) as { status: { url: string }; signIn: { user: string; password: string } }
    const person = { url: status.url, user: 'lou', password: 'Mot-de-passe-1729' }
    admin.set(slug, { url: status.url, authorization: basic(signIn.user, signIn.password) })
    await administer(slug, 'POST', 'users', { userid: person.user, password: person.password, email: 'lou@example.org', displayName: 'Lou' })
    return { ...person, headers: { authorization: basic(person.user, person.password) } }
  }

  async function administer(slug: Slug, method: string, path: string, form: Readonly<Record<string, string>>): Promise<void> {
    const { url = '', authorization = '' } = admin.get(slug) ?? {}
    const answer = await fetch(`${url}/ocs/v2.php/cloud/${path}?format=json`, { method, headers: { authorization, 'ocs-apirequest': 'true' }, body: new URLSearchParams({ ...form }) })
    if (answer.status !== 200) throw new Error(await answer.text())
  }

  return {
    old,
    new: other,
    state,
    chaton: async (...args) => await runCli(args, { ...env, CHATON_MOVE_FROM_PASSWORD: old.password, CHATON_MOVE_TO_PASSWORD: other.password }),
    start: (args, more = {}) => startCli(args, { ...env, ...more }),
    flags: ['--from', old.url, '--to', other.url, '--from-user', old.user, '--to-user', other.user],
    passwords: { CHATON_MOVE_FROM_PASSWORD: old.password, CHATON_MOVE_TO_PASSWORD: other.password },
    kept: async (move, side) => await openSecretFile({ directory: state }).get(`move/${move}/${side}/app-password`),
    disable: async (slug) => await administer(slug, 'PUT', 'users/lou/disable', {}),
    quota: async (slug, size) => await administer(slug, 'PUT', 'users/lou', { key: 'quota', value: size }),
    close: async () => {
      for (const slug of ['ancien', 'nouveau']) await runCli(['space', 'delete', slug, '--confirm', slug, '--no-backup'], hosterEnv)
      rmSync(hoster, { recursive: true, force: true })
      rmSync(state, { recursive: true, force: true })
    },
  }
}

const fileUrl = ({ url, user }: Person, path: string): string => `${url}/remote.php/dav/files/${user}/${path.split('/').map(encodeURIComponent).join('/')}`

export async function write(person: Person, path: string, content: string, mtime = 1_700_000_000): Promise<void> {
  const answer = await fetch(fileUrl(person, path), { method: 'PUT', headers: { ...person.headers, 'x-oc-mtime': String(mtime) }, body: content })
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
}

export async function makeFolder(person: Person, path: string): Promise<void> {
  const answer = await fetch(fileUrl(person, path), { method: 'MKCOL', headers: person.headers })
  if (answer.status !== 201) throw new Error(`${path}: ${answer.status}`)
}

export async function remove(person: Person, path: string): Promise<void> {
  await fetch(fileUrl(person, path), { method: 'DELETE', headers: person.headers })
}

/** Every file with its content and time, every folder, as the server tells them. */
export async function treeOf(person: Person, folder = ''): Promise<Record<string, string>> {
  const body = '<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop><d:resourcetype/><d:getlastmodified/></d:prop></d:propfind>'
  const answer = await fetch(fileUrl(person, folder), { method: 'PROPFIND', headers: { ...person.headers, depth: '1' }, body })
  const tree: Record<string, string> = {}
  for (const [, href = '', rest = ''] of (await answer.text()).matchAll(/<d:response>\s*<d:href>([^<]+)<\/d:href>([\s\S]*?)<\/d:response>/g)) {
    const path = decodeURIComponent(href).replace(/^.*?\/files\/[^/]+\//, '').replace(/\/$/, '')
    if (path === folder) continue
    if (rest.includes('<d:collection')) Object.assign(tree, { [path]: 'folder' }, await treeOf(person, path))
    else tree[path] = `${/<d:getlastmodified>([^<]+)/.exec(rest)?.[1] ?? ''} ${await (await fetch(fileUrl(person, path), { headers: person.headers })).text()}`
  }
  return tree
}

/** Whether an app password works. */
export async function works({ url, user }: Person, password: string | undefined): Promise<boolean> {
  const answer = await fetch(`${url}/ocs/v2.php/cloud/user?format=json`, { headers: { authorization: basic(user, password ?? ''), 'ocs-apirequest': 'true' } })
  await answer.text()
  return answer.status === 200
}

const event = `BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//chaton//test//FR
BEGIN:VEVENT
UID:recolte@example.org
DTSTAMP:20260101T000000Z
DTSTART:20270901T080000Z
DTEND:20270901T090000Z
SUMMARY:Récolte
ORGANIZER:mailto:lou@example.org
ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:dominique@example.org
END:VEVENT
END:VCALENDAR
`.replaceAll('\n', '\r\n')
const card = `BEGIN:VCARD
VERSION:3.0
UID:dominique@example.org
FN:Dominique Martin
CATEGORIES:Jardin
END:VCARD
`.replaceAll('\n', '\r\n')

/** An own calendar with an event that has an attendee, and a contact with a group. */
export async function writeAgenda(person: Person): Promise<void> {
  const calendar = '<?xml version="1.0"?><x:mkcalendar xmlns:x="urn:ietf:params:xml:ns:caldav" xmlns:d="DAV:"><d:set><d:prop><d:displayname>Le jardin</d:displayname></d:prop></d:set></x:mkcalendar>'
  await dav(person, 'MKCALENDAR', `calendars/${person.user}/jardin`, { type: 'application/xml', body: calendar })
  await dav(person, 'PUT', `calendars/${person.user}/jardin/recolte.ics`, { type: 'text/calendar', body: event, scheduling: 'false' })
  await dav(person, 'PUT', `addressbooks/users/${person.user}/contacts/dominique.vcf`, { type: 'text/vcard', body: card })
}

/** What of it an account has: name of the calendar, event and contact as the server gives them; empty where there is nothing. */
export async function agendaOf(person: Person): Promise<Record<'calendar' | 'event' | 'contact', string>> {
  const question = '<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop><d:displayname/></d:prop></d:propfind>'
  const calendar = await dav(person, 'PROPFIND', `calendars/${person.user}/jardin`, { type: 'application/xml', body: question })
  const text = async (path: string, keep: RegExp): Promise<string> => (await dav(person, 'GET', path)).split('\r\n').filter((line) => keep.test(line)).join('\n')
  return {
    calendar: /<d:displayname>([^<]*)</.exec(calendar)?.[1] ?? '',
    event: await text(`calendars/${person.user}/jardin/recolte.ics`, /^(UID|DTSTART|SUMMARY|ATTENDEE|ORGANIZER)/),
    contact: await text(`addressbooks/users/${person.user}/contacts/dominique.vcf`, /^(UID|FN|CATEGORIES)/),
  }
}

interface DavBody {
  readonly type: string
  readonly body: string
  /** `X-NC-Scheduling`: no invitation is sent. */
  readonly scheduling?: string
}

async function dav({ url, headers }: Person, method: string, path: string, given?: DavBody): Promise<string> {
  const more = { ...(given === undefined ? {} : { 'content-type': given.type }), ...(given?.scheduling === undefined ? {} : { 'x-nc-scheduling': given.scheduling }) }
  const answer = await fetch(`${url}/remote.php/dav/${path}`, { method, headers: { ...headers, ...more }, body: given?.body ?? null })
  const text = await answer.text()
  if (answer.status >= 300 && answer.status !== 404) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return answer.status === 404 ? '' : text
}
