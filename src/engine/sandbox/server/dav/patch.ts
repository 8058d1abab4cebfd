import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { header, type SignedIn } from '../exchange.ts'
import { badRequest, reply, type Reply } from '../reply.ts'
import { existingNode, type Target } from './target.ts'

/** `X-Recalculate-Hash`: reads the stored content, keeps and answers its checksum. */
export async function patch(exchange: SignedIn, target: Target): Promise<Reply> {
  const node = existingNode(exchange, target)
  const name = header(exchange, 'x-recalculate-hash')?.toLowerCase() ?? ''
  if (node.directory === 1 || !['md5', 'sha1', 'sha256'].includes(name)) throw badRequest('Only a file and the hashes md5, sha1 and sha256 are allowed')
  const hash = createHash(name)
  await pipeline(createReadStream(exchange.room.tree.disk(node)), hash)
  const checksum = `${name.toUpperCase()}:${hash.digest('hex')}`
  exchange.room.mutate(() => exchange.room.database.run('UPDATE nodes SET checksum = ? WHERE id = ?', checksum, node.id))
  return reply(204, { 'oc-checksum': checksum })
}
