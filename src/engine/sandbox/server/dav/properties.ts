import type { Node } from '../../space/tree.ts'
import type { SignedIn } from '../exchange.ts'
import { parseXml, escapeXml, find, type Element } from '../xml.ts'
import { badRequest } from '../reply.ts'
import { mimeType } from './names.ts'

/** The inner XML of a property, or `undefined` where the thing has none (404 in the answer). */
export type Property<T> = (thing: T, exchange: SignedIn) => string | undefined
export type Properties<T> = Readonly<Record<string, Property<T>>>

const dav = (name: string): string => `{DAV:}${name}`
const oc = (name: string): string => `{http://owncloud.org/ns}${name}`
const nc = (name: string): string => `{http://nextcloud.org/ns}${name}`

export const httpDate = (seconds: number): string => new Date(seconds * 1000).toUTCString()
export const longId = (exchange: SignedIn, id: number): string => `${String(id).padStart(8, '0')}${exchange.room.settings.instanceId}`
export const permissionsOf = (node: Node): string => (node.directory ? 'RGDNVCK' : 'RGDNVW')

const ofDirectory = (give: Property<Node>): Property<Node> => (node, exchange) => (node.directory ? give(node, exchange) : undefined)
const ofFile = (give: Property<Node>): Property<Node> => (node, exchange) => (node.directory ? undefined : give(node, exchange))
const countChildren = (directory: 0 | 1): Property<Node> =>
  ofDirectory((node, { room }) =>
    String(room.database.get<{ n: number }>('SELECT count(*) AS n FROM nodes WHERE parent = ? AND directory = ?', node.id, directory)?.n ?? 0),
  )

/** Of files and directories below `files/`. */
export const fileProperties: Properties<Node> = {
  [dav('getetag')]: (node) => `&quot;${node.etag}&quot;`,
  [dav('getlastmodified')]: (node) => httpDate(node.mtime),
  [dav('lastmodified')]: (node) => String(node.mtime),
  [dav('getcontentlength')]: ofFile((node) => String(node.size)),
  [dav('getcontenttype')]: ofFile((node) => mimeType(node.name)),
  [dav('resourcetype')]: (node) => (node.directory ? '<d:collection/>' : ''),
  [dav('displayname')]: (node) => escapeXml(node.parent === 0 ? node.uid : node.name),
  [dav('creationdate')]: (node) => new Date(node.created * 1000).toISOString().replace('.000Z', '+00:00'),
  [dav('quota-available-bytes')]: ofDirectory((node, { room }) => String(room.available(node.uid))),
  [dav('quota-used-bytes')]: ofDirectory((node) => String(node.size)),
  [dav('current-user-principal')]: (_node, { account }) => `<d:href>/remote.php/dav/principals/users/${encodeURIComponent(account.uid)}/</d:href>`,
  [oc('id')]: (node, exchange) => longId(exchange, node.id),
  [oc('fileid')]: (node) => String(node.id),
  [oc('size')]: (node) => String(node.size),
  [oc('permissions')]: (node) => permissionsOf(node),
  [oc('checksums')]: (node) => (node.checksum === null ? undefined : `<oc:checksum>${escapeXml(node.checksum)}</oc:checksum>`),
  [oc('favorite')]: (node) => String(node.favorite),
  [oc('tags')]: () => '',
  [oc('comments-count')]: () => '0',
  [oc('share-types')]: () => '',
  [oc('owner-id')]: (node) => escapeXml(node.uid),
  [oc('owner-display-name')]: (_node, { account }) => escapeXml(account.display_name),
  [nc('system-tags')]: () => '',
  [nc('creation_time')]: (node) => String(node.created),
  [nc('upload_time')]: ofFile((node) => String(node.uploaded)),
  [nc('mount-type')]: () => '',
  [nc('is-mount-root')]: () => 'false',
  [nc('hidden')]: () => 'false',
  [nc('has-preview')]: () => 'false',
  [nc('contained-file-count')]: countChildren(0),
  [nc('contained-folder-count')]: countChildren(1),
}

/** What a PROPFIND without names answers. */
export const usualFileProperties = ['getlastmodified', 'getcontentlength', 'resourcetype', 'quota-used-bytes', 'quota-available-bytes', 'getetag', 'getcontenttype'].map(dav)

/** The names asked for; `undefined`: the usual ones. Throws 400 for what is not a `propfind`. */
export function askedProperties(body: string): readonly string[] | undefined {
  if (body.trim() === '') return undefined
  const root = parseXml(body)
  if (root.name !== '{DAV:}propfind') throw badRequest(`Expected a {DAV:}propfind, not ${root.name}`)
  return find(root, '{DAV:}prop')?.children.map((child: Element) => child.name)
}

export interface Picked {
  readonly found: readonly (readonly [string, string])[]
  readonly missing: readonly string[]
}

/** `minimal`: leave out what the thing does not have (`Prefer: return=minimal`). */
export function pick(give: (name: string) => string | undefined, asked: readonly string[] | undefined, usual: readonly string[], minimal: boolean): Picked {
  const found: (readonly [string, string])[] = []
  const missing: string[] = []
  for (const name of asked ?? usual) {
    const inner = give(name)
    if (inner !== undefined) found.push([name, inner])
    else if (asked !== undefined && !minimal) missing.push(name)
  }
  return { found, missing }
}

/** Own properties that a client has stored. */
export const storedProperty = (exchange: SignedIn, node: Node, name: string): string | undefined => {
  const value = exchange.room.database.get<{ value: string }>('SELECT value FROM properties WHERE node = ? AND name = ?', node.id, name)?.value
  return value === undefined ? undefined : escapeXml(value)
}
