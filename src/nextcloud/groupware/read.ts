import { createHash } from 'node:crypto'
import { asChatonError } from '../../kit/errors.ts'
import { unquoted } from '../files/entry.ts'
import { textIn, type DavResponse } from '../multistatus.ts'
import { askDav, nameIn } from './ask.ts'
import { addressOfObject, type CollectionPlace } from './place.ts'
import type { StoredObject } from './contract.ts'
import { uidIn } from './uid.ts'
import { documentOf, propOf } from './xml.ts'

/** Whether this is the content that Nextcloud stores: its etag is the MD5 (CalDavBackend::createCalendarObject, CardDavBackend::createCard). */
export const isStored = (data: string, etag: string): boolean => createHash('md5').update(data).digest('hex') === etag

/**
 * By multiget; what the report converted (a vCard 4 becomes a vCard 3 in sabre/dav's addressbook-multiget, lines lose their CR in
 * calendar-multiget) is asked for otherwise, until it is the content that is stored.
 */
export async function readObjects(place: CollectionPlace, names: readonly string[]): Promise<ReadonlyMap<string, StoredObject>> {
  const found = new Map<string, StoredObject>()
  let left = names
  for (const asked of place.dialect.asked) {
    if (left.length === 0) return found
    const objects = await halving(left, async (some) => await multiget(place, some, asked))
    for (const object of objects) if (isStored(object.data, object.etag)) found.set(object.name, object)
    left = left.filter((name) => !found.has(name))
  }
  for (const name of left) {
    const object = await readOne(place, name)
    if (object !== undefined) found.set(name, object)
  }
  return found
}

/** One object that a server fails on must not hide the others: such a batch is parted, and a single one left out. */
async function halving(names: readonly string[], ask: (some: readonly string[]) => Promise<StoredObject[]>): Promise<StoredObject[]> {
  try {
    return await ask(names)
  } catch (thrown) {
    if (asChatonError(thrown).data['status'] !== 500) throw thrown
    if (names.length === 1) return []
    const middle = Math.ceil(names.length / 2)
    return [...(await halving(names.slice(0, middle), ask)), ...(await halving(names.slice(middle), ask))]
  }
}

async function multiget(place: CollectionPlace, names: readonly string[], asked: string): Promise<StoredObject[]> {
  const { remote, dialect } = place
  const prefix = new URL(remote.base).pathname.replace(/\/$/, '')
  const hrefs = names.map((name) => `<d:href>${prefix}${addressOfObject(place, name)}</d:href>`).join('')
  const body = documentOf(dialect.multiget, `<d:prop><d:getetag/>${asked}</d:prop>${hrefs}`)
  const { responses } = await askDav(remote, place.path, { method: 'REPORT', depth: '1', body, what: 'reading a batch' })
  return responses.flatMap((response) => objectIn(place, response))
}

/** As a property (PROPFIND) the content is never converted: CardDAV\Plugin::propFindEarly. */
async function readOne(place: CollectionPlace, name: string): Promise<StoredObject | undefined> {
  const body = documentOf('d:propfind', propOf(['d:getetag', place.dialect.data]))
  try {
    const { responses } = await askDav(place.remote, addressOfObject(place, name), { method: 'PROPFIND', depth: '0', body, what: `reading "${name}"` })
    return responses.flatMap((response) => objectIn(place, response))[0]
  } catch (thrown) {
    const { data } = asChatonError(thrown)
    if (data['status'] === 404 || data['status'] === 500) return undefined
    throw thrown
  }
}

export async function findByUid(place: CollectionPlace, uid: string): Promise<StoredObject | undefined> {
  for (const body of place.dialect.searches(uid)) {
    const { responses } = await askDav(place.remote, place.path, { method: 'REPORT', depth: '1', body, what: `looking for "${uid}"` })
    for (const { href } of responses) {
      const object = await readOne(place, nameIn(href))
      if (object !== undefined && uidIn(object.data) === uid) return object
    }
  }
  return undefined
}

function objectIn({ dialect }: CollectionPlace, { href, props }: DavResponse): StoredObject[] {
  const local = dialect.data.slice(dialect.data.indexOf(':') + 1)
  const [shown, etag] = [textIn(props[local]), unquoted(textIn(props['getetag']))]
  return shown === '' || etag === '' ? [] : [{ name: nameIn(href), etag, data: dialect.stored(shown, etag) }]
}
