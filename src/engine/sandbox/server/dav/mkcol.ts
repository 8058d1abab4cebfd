import { header, readText, type SignedIn } from '../exchange.ts'
import { insufficientStorage, methodNotAllowed, reply, unsupportedMediaType, type Reply } from '../reply.ts'
import { checkName } from './names.ts'
import { longId } from './properties.ts'
import { needParent, nodeAt, type Target } from './target.ts'

/** Bytes that Nextcloud asks to be free before it makes a directory. */
const roomForDirectory = 4096

export async function mkcol(exchange: SignedIn, target: Target): Promise<Reply> {
  const body = await readText(exchange)
  if (body !== '' && !/^(application|text)\/xml/.test(header(exchange, 'content-type') ?? '')) {
    throw unsupportedMediaType('The request body for the MKCOL request must have an xml Content-Type')
  }
  if (nodeAt(exchange, target) !== undefined) throw methodNotAllowed('The resource you tried to create already exists')
  const parent = needParent(exchange, target, 'Parent node does not exist')
  const name = target.names.at(-1) ?? ''
  checkName(name)
  const { room } = exchange
  if (target.root.name === 'files') {
    const available = room.available(exchange.account.uid)
    if (available < roomForDirectory) throw insufficientStorage(`Insufficient space in /${target.names.slice(0, -1).join('/')}. ${available} available. Cannot create directory`)
  }
  const made = room.mutate(() => room.tree.makeDirectory(parent, name, room.now()))
  return reply(201, target.root.name === 'files' ? { 'oc-fileid': longId(exchange, made.id) } : {})
}
