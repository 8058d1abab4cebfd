import { readText, type SignedIn } from '../../exchange.ts'
import { badRequest, DavError, type Reply } from '../../reply.ts'
import { escapeXml, find, multistatus, parseXml, responseXml, type Element } from '../../xml.ts'
import { hrefOf } from '../names.ts'
import { pick } from '../properties.ts'
import { objectProperty, syncToken } from './properties.ts'
import { changesSince, findObject, objectsOf, type Collection, type Place, type StoredObject } from './store.ts'

/** multiget, query (of filters, only those by UID) and sync-collection (RFC 6578). */
export async function report(exchange: SignedIn, place: Place, collection: Collection): Promise<Reply> {
  const question = parseXml(await readText(exchange))
  const asked = find(question, '{DAV:}prop')?.children.map((child) => child.name) ?? []
  const { database } = exchange.room
  const base = [...place.home, collection.uri]
  const tell = (object: StoredObject): string =>
    responseXml({ href: hrefOf([...base, object.uri], false), ...pick((name) => objectProperty(collection, object, name), asked, [], false) })
  const version = collection.kind === 'addressbook' ? (find(find(question, '{DAV:}prop'), '{urn:ietf:params:xml:ns:carddav}address-data')?.attributes['version'] ?? '3.0') : undefined
  const tellIn = (object: StoredObject): string => tell(version === undefined ? object : { ...object, data: inVersion(object.data, version) })
  const [, kind = ''] = /^\{[^}]+\}(?:calendar|addressbook)-(multiget|query)$/.exec(question.name) ?? []
  if (kind === 'multiget') return multistatus(namesIn(question).flatMap((name) => findObject(database, collection, name) ?? []).map(tellIn))
  if (kind === 'query') return multistatus(objectsOf(database, collection).filter(filterOf(question)).map(tellIn))
  if (question.name !== '{DAV:}sync-collection') throw new DavError(415, 'Sabre\\DAV\\Exception\\ReportNotSupported', '')
  return multistatus(synchronise(exchange, { question, collection, tell, base }), `<d:sync-token>${syncToken(collection)}</d:sync-token>`)
}

/** As sabre/dav, which converts every card that is not of the version asked for (CardDAV\\Plugin::convertVCard). */
const inVersion = (data: string, version: string): string =>
  data.includes(`VERSION:${version}`) ? data : data.replace(/^VERSION:.*(\r?\n)/m, `VERSION:${version}$1PRODID:-//Sabre//Sabre VObject 4.5.6//EN$1`)

function filterOf(question: Element): (object: StoredObject) => boolean {
  const match = matchesIn(question)[0]
  if (match === undefined) return () => true
  const wanted = match.text.trim()
  return match.attributes['match-type'] === 'equals' ? ({ object_uid }) => object_uid === wanted : ({ object_uid }) => object_uid.includes(wanted)
}

const matchesIn = (element: Element): Element[] =>
  element.children.flatMap((child) => (child.name.endsWith('prop-filter') && child.attributes['name'] === 'UID' ? child.children.filter(({ name }) => name.endsWith('text-match')) : matchesIn(child)))

const namesIn = (question: Element): string[] =>
  question.children.filter((child) => child.name === '{DAV:}href').map((child) => decodeURIComponent(child.text.trim().split('/').at(-1) ?? ''))

interface Synchronisation {
  readonly question: Element
  readonly collection: Collection
  readonly tell: (object: StoredObject) => string
  readonly base: readonly string[]
}

function synchronise({ room }: SignedIn, { question, collection, tell, base }: Synchronisation): string[] {
  const since = find(question, '{DAV:}sync-token')?.text.trim() ?? ''
  if (since === '') return objectsOf(room.database, collection).map(tell)
  const token = Number(/^http:\/\/sabre\.io\/ns\/sync\/(\d+)$/.exec(since)?.[1] ?? Number.NaN)
  if (Number.isNaN(token) || token > collection.token) throw badRequest('Invalid or unknown sync token')
  return changesSince(room.database, collection, token).map((uri) => {
    const object = findObject(room.database, collection, uri)
    if (object !== undefined) return tell(object)
    return `<d:response><d:href>${escapeXml(hrefOf([...base, uri], false))}</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>`
  })
}
