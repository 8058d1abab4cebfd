import { header, readBody, readText, type SignedIn } from '../../exchange.ts'
import { badRequest, forbidden, methodNotAllowed, notFoundMessage, notImplemented, reply, type Reply } from '../../reply.ts'
import { multistatus, parseXml, responseXml } from '../../xml.ts'
import { hrefOf } from '../names.ts'
import { checkPreconditions } from '../preconditions.ts'
import { askedProperties, httpDate, pick } from '../properties.ts'
import { collectionProperty, objectProperty, principalProperty, rootProperty, usualNames } from './properties.ts'
import { inspect } from './inspect.ts'
import { checkLimits } from './limits.ts'
import { report } from './report.ts'
import { settingsOf } from './settings.ts'
import { collectionsOf, createCollection, ensureDefaults, findCollection, findObject, objectsOf, putObject, removeCollection, removeObject, type Collection, type Kind, type Place } from './store.ts'

export const isGroupware = (area: string | undefined): boolean => area === undefined || ['principals', 'calendars', 'addressbooks'].includes(area)

/** CalDAV (RFC 4791) and CardDAV (RFC 6352) of the account that asks, as far as programs need them to read and write. */
export async function answerGroupware(exchange: SignedIn): Promise<Reply> {
  const { path, account } = exchange
  if (path[2] === undefined) return describe(exchange, (name) => rootProperty(exchange, name))
  if (path[2] === 'principals') {
    if (path[4] !== account.uid) throw notFoundMessage(`Principal with name ${path[4] ?? ''} not found`)
    return describe(exchange, (name) => principalProperty(exchange, name))
  }
  const place = placeOf(exchange.givenPath)
  if (place.home.at(-1) !== account.uid) throw notFoundMessage(`Principal with name ${place.home.at(-1) ?? ''} not found`)
  ensureDefaults(exchange.room.database, account.uid)
  if (exchange.method === 'PROPFIND') return propfind(exchange, place)
  if (exchange.method === 'REPORT') return report(exchange, place, needCollection(exchange, place))
  if (place.object !== undefined) return onObject(exchange, place, place.object)
  return onCollection(exchange, place)
}

function placeOf(path: readonly string[]): Place {
  const kind: Kind = path[2] === 'calendars' ? 'calendar' : 'addressbook'
  const depth = kind === 'calendar' ? 4 : 5
  return { kind, home: path.slice(0, depth), collection: path[depth], object: path[depth + 1] }
}

function needCollection(exchange: SignedIn, place: Place): Collection {
  const found = findCollection(exchange.room.database, exchange.account.uid, place.kind, place.collection ?? '')
  if (found === undefined) throw notFoundMessage(`Node with name '${place.collection ?? ''}' could not be found`)
  return found
}

async function describe(exchange: SignedIn, give: (name: string) => string | undefined): Promise<Reply> {
  if (exchange.method !== 'PROPFIND') throw notImplemented(`There was no plugin in the system that was willing to handle this ${exchange.method} method.`)
  const asked = askedProperties(await readText(exchange))
  return multistatus([responseXml({ href: hrefOf(exchange.path, true), ...pick(give, asked, usualNames, false) })])
}

async function propfind(exchange: SignedIn, place: Place): Promise<Reply> {
  const asked = askedProperties(await readText(exchange))
  const deep = header(exchange, 'depth') !== '0'
  const { database } = exchange.room
  const tell = (names: readonly string[], directory: boolean, give: (name: string) => string | undefined): string =>
    responseXml({ href: hrefOf([...place.home, ...names], directory), ...pick(give, asked, usualNames, false) })
  const tellCollection = (collection: Collection): string => tell([collection.uri], true, (name) => collectionProperty(exchange, collection, name))
  if (place.collection === undefined) {
    const own = tell([], true, (name) => (name === '{DAV:}resourcetype' ? '<d:collection/>' : rootProperty(exchange, name)))
    return multistatus([own, ...(deep ? collectionsOf(database, exchange.account.uid, place.kind).map(tellCollection) : [])])
  }
  const collection = needCollection(exchange, place)
  if (place.object !== undefined) {
    const one = findObject(database, collection, place.object)
    if (one === undefined) throw notFoundMessage(`${place.kind === 'calendar' ? 'Calendar object' : 'Card'} not found`)
    return multistatus([tell([collection.uri, one.uri], false, (name) => objectProperty(collection, one, name))])
  }
  const items = deep ? objectsOf(database, collection).map((one) => tell([collection.uri, one.uri], false, (name) => objectProperty(collection, one, name))) : []
  return multistatus([tellCollection(collection), ...items])
}

async function onCollection(exchange: SignedIn, place: Place): Promise<Reply> {
  const { database } = exchange.room
  if (place.collection === undefined) throw methodNotAllowed('Not allowed here')
  if (exchange.method === 'DELETE') {
    removeCollection(database, needCollection(exchange, place))
    return reply(204)
  }
  if (exchange.method === 'PROPPATCH') return setProperties(exchange, place)
  if (exchange.method !== 'MKCOL' && exchange.method !== 'MKCALENDAR') throw methodNotAllowed('Not allowed for a collection')
  if (findCollection(database, exchange.account.uid, place.kind, place.collection) !== undefined) throw methodNotAllowed('The resource you tried to create already exists')
  const body = await readText(exchange)
  const { title = place.collection, properties } = settingsOf(body === '' ? undefined : parseXml(body))
  checkLimits(exchange, place.kind)
  const { '{DAV:}resourcetype': _type, '{http://owncloud.org/ns}calendar-enabled': _enabled, ...kept } = properties
  createCollection(database, { uid: exchange.account.uid, kind: place.kind, uri: place.collection, title, properties: kept })
  return reply(201)
}

async function setProperties(exchange: SignedIn, place: Place): Promise<Reply> {
  const collection = needCollection(exchange, place)
  const { title = collection.display_name, properties, names } = settingsOf(parseXml(await readText(exchange)))
  exchange.room.database.run('UPDATE collections SET display_name = ?, properties = ? WHERE id = ?', title, JSON.stringify({ ...collection.properties, ...properties }), collection.id)
  return multistatus([responseXml({ href: hrefOf([...place.home, collection.uri], true), found: names.map((name) => [name, ''] as const), missing: [] })])
}

async function onObject(exchange: SignedIn, place: Place, uri: string): Promise<Reply> {
  const collection = needCollection(exchange, place)
  const { database } = exchange.room
  const old = findObject(database, collection, uri)
  if (exchange.method === 'PUT') {
    const data = (await readBody(exchange, 10 * 2 ** 20)).toString('utf8')
    checkPreconditions(exchange, old && `"${old.etag}"`)
    const parsed = inspect(place.kind, data)
    const twin = objectsOf(database, collection).find((one) => one.object_uid === parsed.uid && one.uri !== uri)
    if (twin !== undefined) throw badRequest(place.kind === 'calendar' ? 'Calendar object with uid already exists in this calendar collection.' : 'VCard object with uid already exists in this addressbook collection.')
    const etag = putObject(exchange.room, collection, { uri, ...parsed, data })
    return reply(old === undefined ? 201 : 204, { etag: `"${etag}"`, 'oc-etag': `"${etag}"` })
  }
  if (old === undefined) throw notFoundMessage(place.kind === 'calendar' ? 'Calendar object not found' : 'Card not found')
  if (exchange.method === 'DELETE') {
    checkPreconditions(exchange, `"${old.etag}"`)
    removeObject(exchange.room, collection, uri)
    return reply(204)
  }
  if (exchange.method !== 'GET' && exchange.method !== 'HEAD') throw forbidden('')
  const type = place.kind === 'calendar' ? `text/calendar; charset=utf-8; component=${old.component}` : 'text/vcard; charset=utf-8'
  return reply(200, { 'content-type': type, etag: `"${old.etag}"`, 'oc-etag': `"${old.etag}"`, 'last-modified': httpDate(old.modified) }, Buffer.from(old.data))
}
