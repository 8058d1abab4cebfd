import { header, type SignedIn } from '../exchange.ts'
import { forbidden, reply, type Reply } from '../reply.ts'
import { existingNode, type Target } from './target.ts'

/** Into the trash; for good with `X-NC-Skip-Trashbin: true`, and outside `files/`. */
export function remove(exchange: SignedIn, target: Target): Reply {
  const { room } = exchange
  const node = existingNode(exchange, target)
  if (target.names.length === 0) throw forbidden('')
  const forGood = target.root.name !== 'files' || header(exchange, 'x-nc-skip-trashbin') === 'true'
  room.mutate(() => {
    if (forGood) room.tree.remove(node, room.now())
    else room.tree.discard(node, room.now())
  })
  return reply(204)
}
