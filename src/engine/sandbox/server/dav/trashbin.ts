import type { Node } from '../../space/tree.ts'
import { header, readText, type SignedIn } from '../exchange.ts'
import { forbidden, methodNotAllowed, notFound, reply, type Reply } from '../reply.ts'
import { escapeXml, multistatus, responseXml } from '../xml.ts'
import { download } from './get.ts'
import { hrefOf, mimeType } from './names.ts'
import { askedProperties, httpDate, pick, type Properties } from './properties.ts'
import { destinationPath } from './transfer.ts'
import type { Target } from './target.ts'

interface TrashRow {
  readonly name: string
  readonly location: string
  readonly deleted_at: number
}

const rowOf = (exchange: SignedIn, node: Node): TrashRow | undefined =>
  exchange.room.database.get<TrashRow>('SELECT name, location, deleted_at FROM trash WHERE node = ?', node.id)

const fromRow =
  (give: (row: TrashRow, exchange: SignedIn) => string) =>
  (node: Node, exchange: SignedIn): string | undefined => {
    const row = rowOf(exchange, node)
    return row && give(row, exchange)
  }

const nc = '{http://nextcloud.org/ns}'
const oc = '{http://owncloud.org/ns}'
const properties: Properties<Node> = {
  [`${nc}trashbin-filename`]: fromRow((row) => escapeXml(row.name)),
  [`${nc}trashbin-title`]: fromRow((row) => escapeXml(row.location)),
  [`${nc}trashbin-original-location`]: fromRow((row) => escapeXml(row.location)),
  [`${nc}trashbin-deletion-time`]: fromRow((row) => String(row.deleted_at)),
  [`${nc}trashbin-deleted-by-id`]: fromRow((_row, exchange) => escapeXml(exchange.account.uid)),
  [`${oc}size`]: (node) => String(node.size),
  [`${oc}fileid`]: (node) => String(node.id),
  [`${oc}permissions`]: () => 'GD',
  '{DAV:}resourcetype': (node) => (node.directory ? '<d:collection/>' : ''),
  '{DAV:}getcontentlength': (node) => (node.directory ? undefined : String(node.size)),
  '{DAV:}getcontenttype': (node, exchange) => (node.directory ? undefined : mimeType(rowOf(exchange, node)?.name ?? node.name)),
  '{DAV:}getetag': fromRow((row) => String(row.deleted_at)),
  '{DAV:}getlastmodified': fromRow((row) => httpDate(row.deleted_at)),
}
const usual = ['resourcetype', 'getcontentlength', 'getlastmodified', 'getetag', 'getcontenttype'].map((name) => `{DAV:}${name}`)

/** `trash/…` lists, reads and deletes; a move to `restore/<name>` brings something back to where it lay. */
export async function answerTrashbin(exchange: SignedIn, target: Target): Promise<Reply> {
  const [part, ...names] = target.names
  if (exchange.method === 'PROPFIND') return list(exchange, target)
  if (part !== 'trash') throw forbidden('')
  const node = exchange.room.tree.find(target.root, names)
  if (node === undefined) throw notFound(names)
  if (exchange.method === 'DELETE') return empty(exchange, target, node)
  if (exchange.method === 'MOVE') return restore(exchange, node)
  if ((exchange.method === 'GET' || exchange.method === 'HEAD') && node.directory === 0) {
    const { size, mtime } = node
    const row = rowOf(exchange, node)
    return download(exchange, { file: exchange.room.tree.disk(node), name: row?.name ?? node.name, size, mtime, etag: String(row?.deleted_at ?? mtime) })
  }
  throw methodNotAllowed('Not allowed in the trash')
}

function empty(exchange: SignedIn, target: Target, node: Node): Reply {
  const { room } = exchange
  room.mutate(() => {
    const gone = node.id === target.root.id ? room.tree.children(node) : [node]
    for (const item of gone) room.tree.remove(item, room.now())
  })
  return reply(204)
}

function restore(exchange: SignedIn, node: Node): Reply {
  const [, , area, , place] = destinationPath(exchange)
  const row = rowOf(exchange, node)
  if (area !== 'trashbin' || place !== 'restore' || row === undefined) throw forbidden('')
  const { room, account } = exchange
  return room.mutate(() => {
    const files = room.tree.root(account.uid, 'files', room.now())
    room.requireQuota(account.uid, `/${row.location}`, node.size)
    const folder = room.tree.find(files, row.location.split('/').slice(0, -1))
    const parent = folder?.directory === 1 ? folder : files
    room.tree.move(node, parent, freeName(exchange, parent, row.name), room.now())
    room.database.run('DELETE FROM trash WHERE node = ?', node.id)
    return reply(201)
  })
}

/** The name, or "name (restored)" where it is taken. */
function freeName(exchange: SignedIn, parent: Node, name: string): string {
  const dot = name.lastIndexOf('.')
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, '']
  for (let count = 0; ; count += 1) {
    const candidate = count === 0 ? name : `${stem} (restored${count === 1 ? '' : ` ${count}`})${extension}`
    if (exchange.room.tree.child(parent, candidate) === undefined) return candidate
  }
}

async function list(exchange: SignedIn, target: Target): Promise<Reply> {
  const asked = askedProperties(await readText(exchange))
  const deep = header(exchange, 'depth') !== '0'
  const folder = (names: readonly string[]): string => {
    const give = (name: string): string | undefined => (name === '{DAV:}resourcetype' ? '<d:collection/>' : undefined)
    return responseXml({ href: hrefOf([...target.base, ...names], true), ...pick(give, asked, usual, false) })
  }
  const [part, ...names] = target.names
  if (part === undefined) return multistatus([folder([]), ...(deep ? [folder(['restore']), folder(['trash'])] : [])])
  if (part === 'restore' && names.length === 0) return multistatus([folder(['restore'])])
  const node = part === 'trash' ? exchange.room.tree.find(target.root, names) : undefined
  if (node === undefined) throw notFound(target.names)
  const item = (one: Node, path: readonly string[]): string =>
    responseXml({ href: hrefOf([...target.base, ...path], one.directory === 1), ...pick((name) => properties[name]?.(one, exchange), asked, usual, false) })
  const self = names.length === 0 ? folder(['trash']) : item(node, target.names)
  const below = deep ? exchange.room.tree.children(node).map((child) => item(child, [...target.names, child.name])) : []
  return multistatus([self, ...below])
}
