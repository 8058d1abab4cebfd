import type { Area, Node } from '../../space/tree.ts'
import type { SignedIn } from '../exchange.ts'
import { conflict, notFound, notFoundMessage } from '../reply.ts'

/** A place in one of the trees of the account that asks. */
export interface Target {
  /** Decoded parts of the address up to the root of the tree. */
  readonly base: readonly string[]
  readonly root: Node
  /** From the root on. */
  readonly names: readonly string[]
}

/** The tree's root under an address such as `/remote.php/dav/files/<account>/`; `depth` parts belong to the base. Throws 404 for somebody else's. */
export function targetIn(exchange: SignedIn, area: Area, path: readonly string[], depth: number): Target {
  const owner = path[3]
  if (depth > 3 && owner?.toLowerCase() !== exchange.account.uid.toLowerCase()) throw notFoundMessage(`Principal with name ${owner ?? ''} not found`)
  const root = exchange.room.tree.root(exchange.account.uid, area, exchange.room.now())
  return { base: path.slice(0, depth), root, names: path.slice(depth) }
}

/** A place in `files/`, by either of its two addresses; `undefined` if the address is of something else. */
export function filesTarget(exchange: SignedIn, path: readonly string[]): Target | undefined {
  if (path[0] !== 'remote.php') return undefined
  if (path[1] === 'webdav') return targetIn(exchange, 'files', path, 2)
  return path[1] === 'dav' && path[2] === 'files' && path.length > 3 ? targetIn(exchange, 'files', path, 4) : undefined
}

export const nodeAt = (exchange: SignedIn, target: Target): Node | undefined => exchange.room.tree.find(target.root, target.names)

export function existingNode(exchange: SignedIn, target: Target): Node {
  const node = nodeAt(exchange, target)
  if (node === undefined) throw notFound(target.names)
  return node
}

/** The directory a new thing would lie in. */
export function parentOf(exchange: SignedIn, target: Target): Node | undefined {
  const parent = exchange.room.tree.find(target.root, target.names.slice(0, -1))
  return parent?.directory === 1 ? parent : undefined
}

export function needParent(exchange: SignedIn, target: Target, message: string): Node {
  const parent = parentOf(exchange, target)
  if (parent === undefined) throw conflict(message)
  return parent
}
