import { copyFileSync } from 'node:fs'
import type { Node } from '../../space/tree.ts'
import { header, readText, type SignedIn } from '../exchange.ts'
import { forbidden, methodNotAllowed, notFound, reply, type Reply } from '../reply.ts'
import { escapeXml, multistatus, responseXml } from '../xml.ts'
import { download } from './get.ts'
import { hrefOf, mimeType } from './names.ts'
import { askedProperties, httpDate, pick } from './properties.ts'
import { destinationPath } from './transfer.ts'
import type { Target } from './target.ts'

interface Version {
  readonly stamp: number
  readonly size: number
  readonly file: string
}

const usual = ['getcontentlength', 'getlastmodified', 'resourcetype', 'getetag', 'getcontenttype'].map((name) => `{DAV:}${name}`)

/** `versions/<file id>/<time>`: lists and reads; a move to `restore/target` makes a version current. The last is the current content. */
export async function answerVersions(exchange: SignedIn, target: Target): Promise<Reply> {
  const [part, id, stamp] = target.names
  const node = part === 'versions' && /^\d+$/.test(id ?? '') ? exchange.room.tree.byId(Number(id)) : undefined
  if (node === undefined || node.uid !== exchange.account.uid || node.directory === 1) throw notFound(target.names)
  const all = versionsOf(exchange, node)
  if (exchange.method === 'PROPFIND') return list(exchange, target, { node, all })
  const version = all.find((one) => String(one.stamp) === stamp)
  if (version === undefined) throw notFound(target.names)
  const { stamp: mtime, size, file } = version
  if (exchange.method === 'GET' || exchange.method === 'HEAD') return download(exchange, { file, name: node.name, size, mtime, etag: String(mtime) })
  if (exchange.method === 'DELETE') return removeVersion(exchange, node, version)
  if (exchange.method === 'MOVE') return restore(exchange, node, version)
  throw exchange.method === 'COPY' ? forbidden('') : methodNotAllowed('Not allowed for a version')
}

function versionsOf({ room }: SignedIn, node: Node): Version[] {
  const old = room.tree.versions(node).map(({ stamp, size }) => ({ stamp, size, file: room.tree.versionDisk(node, stamp) }))
  return [...old.filter(({ stamp }) => stamp !== node.mtime), { stamp: node.mtime, size: node.size, file: room.tree.disk(node) }]
}

function removeVersion(exchange: SignedIn, node: Node, version: Version): Reply {
  if (version.file === exchange.room.tree.disk(node)) throw forbidden("You cannot delete the file's current version")
  exchange.room.mutate(() => exchange.room.tree.removeVersion(node, version.stamp))
  return reply(204)
}

function restore(exchange: SignedIn, node: Node, version: Version): Reply {
  const [, , area, , place] = destinationPath(exchange)
  if (area !== 'versions' || place !== 'restore') throw forbidden('')
  const { room } = exchange
  return room.mutate(() => {
    room.requireSpace(node.uid, `/${node.name}`, version.size)
    const parent = room.tree.byId(node.parent)
    if (parent === undefined) throw notFound([node.name])
    const temporary = room.temporary()
    copyFileSync(version.file, temporary)
    room.tree.putFile(parent, node.name, { temporary, size: version.size, mtime: version.stamp, now: room.now() })
    return reply(204)
  })
}

async function list(exchange: SignedIn, target: Target, { node, all }: { node: Node; all: readonly Version[] }): Promise<Reply> {
  const asked = askedProperties(await readText(exchange))
  const base = [...target.base, ...target.names.slice(0, 2)]
  const collection = responseXml({
    href: hrefOf(base, true),
    ...pick((name) => (name === '{DAV:}resourcetype' ? '<d:collection/>' : undefined), asked, usual, false),
  })
  const items = all.map((version) => {
    const values: Readonly<Record<string, string | undefined>> = {
      '{DAV:}getcontentlength': String(version.size),
      '{DAV:}getcontenttype': mimeType(node.name),
      '{DAV:}getlastmodified': httpDate(version.stamp),
      '{DAV:}resourcetype': '',
      '{DAV:}getetag': String(version.stamp),
      '{http://nextcloud.org/ns}version-author': escapeXml(node.uid),
    }
    return responseXml({ href: hrefOf([...base, String(version.stamp)], false), ...pick((name) => values[name], asked, usual, false) })
  })
  return multistatus([collection, ...(header(exchange, 'depth') === '0' ? [] : items)])
}
