import type { Node } from '../../space/tree.ts'
import { header, type SignedIn } from '../exchange.ts'
import { conflict, notFound, reply, type Reply } from '../reply.ts'
import { checkName } from './names.ts'
import { longId } from './properties.ts'
import { receive, timeHeader } from './receive.ts'
import { nodeAt, parentOf, type Target } from './target.ts'

export async function put(exchange: SignedIn, target: Target): Promise<Reply> {
  const { room, account } = exchange
  const old = nodeAt(exchange, target)
  if (old?.directory === 1) throw conflict('PUT is not allowed on non-files.')
  const name = target.names.at(-1) ?? ''
  if (old === undefined) for (const part of target.names) checkName(part)
  const mtime = timeHeader(exchange, 'x-oc-mtime')
  const created = timeHeader(exchange, 'x-oc-ctime')
  if (old === undefined && parentOf(exchange, target) === undefined && header(exchange, 'x-nc-webdav-auto-mkcol') !== '1') throw notFound(target.names.slice(0, -1))
  const path = `/${target.names.join('/')}`
  return receive(exchange, { path, bytes: room.available(account.uid) }, ({ temporary, size, hashes }) =>
    room.mutate(() => {
      room.requireSpace(account.uid, path, size)
      const now = room.now()
      const parent = ensureParents(exchange, target, now)
      const file = { temporary, size, mtime: mtime ?? now, created, checksum: header(exchange, 'oc-checksum'), now }
      const { node, created: isNew } = room.tree.putFile(parent, name, file)
      return reply(isNew ? 201 : 204, { ...writtenHeaders(exchange, node), ...accepted(mtime, created), ...hashes })
    }),
  )
}

export const accepted = (mtime: number | undefined, created: number | undefined): Record<string, string> => ({
  ...(mtime === undefined ? {} : { 'x-oc-mtime': 'accepted' }),
  ...(created === undefined ? {} : { 'x-oc-ctime': 'accepted' }),
})

export function writtenHeaders(exchange: SignedIn, node: Node): Record<string, string> {
  if (node.directory === 1) return { 'oc-fileid': longId(exchange, node.id) }
  return { etag: `"${node.etag}"`, 'oc-etag': `"${node.etag}"`, 'oc-fileid': longId(exchange, node.id) }
}

/** The directory of the target; missing ones are made where the client asked for it. Throws 404 otherwise. */
function ensureParents(exchange: SignedIn, target: Target, now: number): Node {
  const { tree } = exchange.room
  let parent = target.root
  for (const [index, name] of target.names.slice(0, -1).entries()) {
    const next = tree.child(parent, name)
    if (next?.directory === 0) throw conflict('PUT is not allowed on non-files.')
    if (next === undefined && header(exchange, 'x-nc-webdav-auto-mkcol') !== '1') throw notFound(target.names.slice(0, index + 1))
    parent = next ?? tree.makeDirectory(parent, name, now)
  }
  return parent
}
