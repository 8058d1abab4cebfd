import type { Node } from '../../space/tree.ts'
import { header, type SignedIn } from '../exchange.ts'
import { badRequest, conflict, forbidden, insufficientStorage, preconditionFailed, reply, type Reply } from '../reply.ts'
import { checkName } from './names.ts'
import { writtenHeaders } from './put.ts'
import { existingNode, filesTarget, needParent, nodeAt, type Target } from './target.ts'

/** Decoded parts of the `Destination` header's path. Throws 400. */
export function destinationPath(exchange: SignedIn): string[] {
  const text = header(exchange, 'destination')
  if (text === undefined) throw badRequest('The destination header was not supplied')
  try {
    const path = text.startsWith('/') ? text : new URL(text).pathname
    const parts = path.split('/').filter((part) => part !== '').map((part) => decodeURIComponent(part).normalize('NFC'))
    if (parts.every((part) => part !== '..' && part !== '.' && !part.includes('/'))) return parts
  } catch {
    throw badRequest('The destination header is not a valid address')
  }
  throw badRequest('The destination header is not a valid address')
}

export function fileDestination(exchange: SignedIn): Target {
  const target = filesTarget(exchange, destinationPath(exchange))
  if (target === undefined || target.names.length === 0) throw forbidden('The destination is not a place for files')
  return target
}

/** Refuses a place that is taken where the client asked for that. Throws 412. */
export function refuseOverwriting(exchange: SignedIn, there: Node | undefined): void {
  if (there === undefined || header(exchange, 'overwrite')?.toUpperCase() !== 'F') return
  throw preconditionFailed('The destination node already exists, and the overwrite header is set to false', { header: 'Overwrite' })
}

/** Checks the place and clears it where overwriting is allowed. Called within a change of files. */
export function clearDestination(exchange: SignedIn, target: Target): { parent: Node; name: string; overwrites: boolean } {
  const parent = needParent(exchange, target, 'The destination node is not found')
  const name = target.names.at(-1) ?? ''
  checkName(name)
  const there = nodeAt(exchange, target)
  refuseOverwriting(exchange, there)
  if (there !== undefined) exchange.room.tree.discard(there, exchange.room.now())
  return { parent, name, overwrites: there !== undefined }
}

export function move(exchange: SignedIn, source: Target): Reply {
  return transfer(exchange, source, { needsRoom: false, act: (node, parent, name) => exchange.room.tree.move(node, parent, name, exchange.room.now()) })
}

export function copy(exchange: SignedIn, source: Target): Reply {
  return transfer(exchange, source, { needsRoom: true, act: (node, parent, name) => exchange.room.tree.copy(node, parent, name, exchange.room.now()) })
}

interface Transfer {
  readonly needsRoom: boolean
  readonly act: (node: Node, parent: Node, name: string) => Node
}

/** Every refusal comes before the first change: files on disk do not roll back. */
function transfer(exchange: SignedIn, source: Target, { needsRoom, act }: Transfer): Reply {
  return exchange.room.mutate(() => {
    const node = existingNode(exchange, source)
    const target = fileDestination(exchange)
    const inside = target.names.slice(0, source.names.length).join('/') === source.names.join('/')
    if (inside && target.names.length === source.names.length) throw forbidden('Source and destination uri are identical.')
    if (inside) throw conflict('The destination may not be part of the same subtree as the source path.')
    if (needsRoom) exchange.room.requireSpace(exchange.account.uid, `/${target.names.join('/')}`, node.size)
    const { parent, name, overwrites } = clearDestination(exchange, target)
    return reply(overwrites ? 204 : 201, writtenHeaders(exchange, act(node, parent, name)))
  })
}

/** The place of an upload that is finished: overwriting keeps a version there. `credit`: bytes given back at once. Throws 409, 412, 507. */
export function clearSpaceFor(exchange: SignedIn, target: Target, space: { bytes: number; credit: number }): { parent: Node; name: string } {
  const { room, account } = exchange
  const parent = needParent(exchange, target, 'The destination node is not found')
  const name = target.names.at(-1) ?? ''
  checkName(name)
  const there = nodeAt(exchange, target)
  refuseOverwriting(exchange, there)
  if (there?.directory === 1) throw badRequest(`The given destination ${target.names.join('/')} is a directory.`)
  const available = room.available(account.uid, space.credit)
  if (space.bytes > available) throw insufficientStorage(`Insufficient space in /${target.names.join('/')}, ${space.bytes} required, ${available} available`)
  return { parent, name }
}
