import { readText, type SignedIn } from '../../exchange.ts'
import { badRequest, DavError, type Reply } from '../../reply.ts'
import { escapeXml, find, multistatus, parseXml, responseXml, type Element } from '../../xml.ts'
import { hrefOf } from '../names.ts'
import { pick } from '../properties.ts'
import { objectProperty, syncToken } from './properties.ts'
import { changesSince, findObject, objectsOf, type Collection, type Place, type StoredObject } from './store.ts'

/** multiget, query (every object: filters are left to the client) and sync-collection (RFC 6578). */
export async function report(exchange: SignedIn, place: Place, collection: Collection): Promise<Reply> {
  const question = parseXml(await readText(exchange))
  const asked = find(question, '{DAV:}prop')?.children.map((child) => child.name) ?? []
  const { database } = exchange.room
  const base = [...place.home, collection.uri]
  const tell = (object: StoredObject): string =>
    responseXml({ href: hrefOf([...base, object.uri], false), ...pick((name) => objectProperty(collection, object, name), asked, [], false) })
  const [, kind = ''] = /^\{[^}]+\}(?:calendar|addressbook)-(multiget|query)$/.exec(question.name) ?? []
  if (kind === 'multiget') return multistatus(namesIn(question).flatMap((name) => findObject(database, collection, name) ?? []).map(tell))
  if (kind === 'query') return multistatus(objectsOf(database, collection).map(tell))
  if (question.name !== '{DAV:}sync-collection') throw new DavError(415, 'Sabre\\DAV\\Exception\\ReportNotSupported', '')
  return multistatus(synchronise(exchange, { question, collection, tell, base }), `<d:sync-token>${syncToken(collection)}</d:sync-token>`)
}

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
