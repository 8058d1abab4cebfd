import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { ask, propfind, type Wire } from '../../conformance/wire.ts'
import { calendarsFixture, contactsFixture } from '../kinds/groupware.ts'
import type { PersonForTest } from './spaces.ts'

/** A small account with names that break programs, files for every lane, two calendars' worth of objects and a contact; by plain requests, not by ours. */

const time = 1_600_000_000
const megabyte = 1_000_000
const tomorrow = 2_000_000_000

/** Composed and decomposed forms of one name are one name to Nextcloud; the pairs here differ in more than the form. */
const names = [
  'simple.txt', 'zero', '0', 'caf\u00e9 composed.txt', 'cafe\u0301 decomposed.txt', 'A\u030angstro\u0308m.txt', 'ends in a blank ', ' begins with one', 'two  blanks.txt', 'dot at the end.', '.hidden', '~tilde', '-rf',
  '%41 percent.txt', '%2F%00.txt', '100%', 'hash # and plus +.txt', 'a&b=c;d?e.txt', `quote"' and \`.txt`, 'colon: less< more> pipe| star*.txt', 'CON', 'aux.txt', 'nul.tar.gz', '😀 emoji.txt', '👩‍🌾🌻', '日本語.txt', 'عربى.txt', '[brackets]{braces}.txt', 'back`tick$dollar.txt', `${'long-'.repeat(49)}x.txt`, `${'é'.repeat(123)}.txt`,
]

interface Planted {
  readonly path: string
  readonly body: Buffer
  readonly mtime: number
}

const bytesOf = (length: number, step: number): Buffer => {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE((at * step) >>> 0, at)
  return bytes
}

const large = bytesOf(12 * megabyte, 2_654_435_761)

function filesFor(userId: string): Planted[] {
  const small = (path: string, text: string, index: number): Planted => ({ path, body: Buffer.from(text), mtime: time + index })
  return [
    ...names.map((name, index) => small(`odd/${name}`, name === 'zero' ? '' : `content of ${name}`, index)),
    ...Array.from({ length: 24 }, (_, index) => small(`many/folder ${index % 3}/file ${index}.txt`, `${index} `.repeat(1 + index * 40), 100 + index)),
    small(`${userId}/${userId}.txt`, 'a folder named like the user', 200),
    small(`${userId}/files/${userId}/deep.txt`, 'and again', 201),
    small('taken.txt', 'of the old host', 202),
    small('same.txt', 'the same on both', 203),
    small('zip in zip.txt', 'PK\u0003\u0004PK\u0001\u0002PK\u0005\u0006', 204),
    { path: 'from tomorrow.txt', body: Buffer.from('by a clock that is ahead'), mtime: tomorrow },
    { path: 'middle.bin', body: bytesOf(3 * megabyte, 40_503), mtime: time + 300 },
    { path: 'large.bin', body: large, mtime: time + 301 },
  ]
}

export const wireOf = ({ url, userId, password }: PersonForTest): Wire => ({ url, user: userId, password })
export const filePath = ({ userId }: PersonForTest, path: string): string => `/remote.php/dav/files/${[userId, ...path.split('/').filter((part) => part !== '')].map(encodeURIComponent).join('/')}`

export async function put(person: PersonForTest, path: string, body: string | Buffer<ArrayBuffer>, mtime: number): Promise<number> {
  return (await ask(wireOf(person), 'PUT', filePath(person, path), { body, headers: { 'x-oc-mtime': String(mtime) } })).status
}

async function makeFolders(person: PersonForTest, paths: readonly string[]): Promise<void> {
  for (const path of paths) expect([path, (await ask(wireOf(person), 'MKCOL', filePath(person, path))).status]).toEqual([path, 201])
}

/** Fills the source. A name with a line break only where the server takes it. */
export async function plantWhole(person: PersonForTest): Promise<void> {
  const { userId } = person
  await makeFolders(person, ['odd', 'empty', 'many', 'many/folder 0', 'many/folder 1', 'many/folder 2', userId, `${userId}/files`, `${userId}/files/${userId}`])
  for (const { path, body, mtime } of filesFor(userId)) expect([path, await put(person, path, Buffer.from(body), mtime)]).toEqual([path, 201])
  expect([201, 400, 403]).toContain(await put(person, 'odd/line\nbreak.txt', 'two lines', time))
  for (const fixture of [calendarsFixture, contactsFixture]) await fixture.plant(person, person)
}

/** What the destination has of its own: another content under a name of the source, the same content under another, a folder that both have. */
export async function plantOwn(person: PersonForTest): Promise<void> {
  await makeFolders(person, ['many'])
  for (const [path, body] of [['taken.txt', 'of the new host'], ['same.txt', 'the same on both'], ['many/own.txt', 'own']] as const) expect(await put(person, path, body, time - 5)).toBe(201)
}

export interface Content {
  /** Size, time and SHA-256 of every file, time of every folder, by path. */
  readonly files: Readonly<Record<string, string>>
  /** Texts by path below the account's calendars and address books. */
  readonly objects: Readonly<Record<string, string>>
  /** What lies in the trash. */
  readonly deleted: readonly string[]
}

/** All that an account has, as its server tells it without anything between. */
export async function contentOf(person: PersonForTest): Promise<Content> {
  const wire = wireOf(person)
  const base = `/remote.php/dav/files/${person.userId}/`
  const entries = (await propfind(wire, base, 'getlastmodified resourcetype', 'infinity')).filter(({ href }) => href !== base)
  const files: Record<string, string> = {}
  await eachOf(entries, async ({ href, props }) => {
    const path = decodeURIComponent(href.slice(base.length))
    if (path.endsWith('/')) files[path] = String(props['getlastmodified'])
    else {
      const { status, bytes } = await ask(wire, 'GET', href)
      files[path] = `${status} ${bytes.length} ${String(props['getlastmodified'])} ${createHash('sha256').update(bytes).digest('hex')}`
    }
  })
  const trash = await propfind(wire, `/remote.php/dav/trashbin/${person.userId}/trash`, 'nc:trashbin-original-location', '1')
  const objects = { ...(await objectsIn(wire, `/remote.php/dav/calendars/${person.userId}/`)), ...(await objectsIn(wire, `/remote.php/dav/addressbooks/users/${person.userId}/`)) }
  return { files: sorted(files), objects: sorted(objects), deleted: trash.slice(1).map(({ props }) => String(props['trashbin-original-location'])) }
}

const sorted = (record: Readonly<Record<string, string>>): Record<string, string> => Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)))

/** Calendars and address books that the server makes itself, and boxes of messages. */
const generated = /^(contact_birthdays|z-server-generated--system|z-app-generated--.*|inbox|outbox|trashbin|app-generated--.*)\//

async function objectsIn(wire: Wire, home: string): Promise<Record<string, string>> {
  const objects: Record<string, string> = {}
  for (const { href: shelf } of await propfind(wire, home, 'resourcetype', '1')) {
    if (shelf === home || generated.test(shelf.slice(home.length))) continue
    for (const { href } of await propfind(wire, shelf, 'getetag', '1')) if (!href.endsWith('/')) objects[href.slice(home.length)] = (await ask(wire, 'GET', href)).text
  }
  return objects
}

async function eachOf<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  const left = [...all]
  await Promise.all(Array.from({ length: 4 }, async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await act(one)
  }))
}

/** What the destination is to have after a whole move: all of the source under its own names, all of its own as it was. */
export function afterMove(source: Content, own: Content): Content {
  const { 'taken.txt': taken = 'not there', 'many/': _many, ...rest } = source.files
  const { 'many/': _own, ...kept } = own.files
  return { files: sorted({ ...rest, 'taken (from 127.0.0.1).txt': taken, ...kept }), objects: source.objects, deleted: own.deleted }
}

/** The folder that both have keeps no particular time: things went into it on both sides. */
export function withoutSharedTimes({ files: { 'many/': _many, ...files }, ...rest }: Content): Content {
  return { ...rest, files }
}
