import type { SignedIn } from '../exchange.ts'
import { allowedMethods, badRequest, notFoundMessage, notImplemented, reply, type Reply } from '../reply.ts'
import { davHeader } from '../xml.ts'
import { bulk } from './bulk.ts'
import { remove } from './delete.ts'
import { filterFiles } from './filter-files.ts'
import { get } from './get.ts'
import { answerGroupware, isGroupware } from './groupware/index.ts'
import { mkcol } from './mkcol.ts'
import { patch } from './patch.ts'
import { propfind } from './propfind.ts'
import { checkNode } from './preconditions.ts'
import { proppatch } from './proppatch.ts'
import { put } from './put.ts'
import { filesTarget, nodeAt, targetIn, type Target } from './target.ts'
import { copy, move } from './transfer.ts'
import { answerTrashbin } from './trashbin.ts'
import { answerUploads } from './uploads.ts'
import { answerVersions } from './versions.ts'

type Handler = (exchange: SignedIn, target: Target) => Reply | Promise<Reply>

/** Methods on files and directories. */
const handlers: Readonly<Record<string, Handler>> = {
  GET: get,
  HEAD: get,
  PUT: put,
  DELETE: remove,
  MKCOL: mkcol,
  MOVE: move,
  COPY: copy,
  PROPFIND: propfind,
  PROPPATCH: proppatch,
  PATCH: patch,
  REPORT: filterFiles,
}

export async function answerDav(exchange: SignedIn): Promise<Reply> {
  const { method, path } = exchange
  if (method === 'OPTIONS') return options()
  const files = filesTarget(exchange, path)
  if (files !== undefined) return onFiles(exchange, files)
  const [, , area] = path
  if (area === 'bulk' && method === 'POST') return bulk(exchange)
  if (area === 'uploads') return answerUploads(exchange, targetIn(exchange, 'uploads', path, 4))
  if (area === 'trashbin') return answerTrashbin(exchange, targetIn(exchange, 'files_trashbin', path, 4))
  if (area === 'versions') return answerVersions(exchange, targetIn(exchange, 'files', path, 4))
  if (isGroupware(area)) return answerGroupware(exchange)
  throw notFoundMessage(`File not found: ${area ?? ''} in 'root'`)
}

const options = (): Reply => reply(200, { allow: allowedMethods, dav: davHeader, 'ms-author-via': 'DAV', 'accept-ranges': 'bytes' })

async function onFiles(exchange: SignedIn, target: Target): Promise<Reply> {
  const handler = handlers[exchange.method]
  if (handler === undefined) throw notImplemented(`There was no plugin in the system that was willing to handle this ${exchange.method} method.`)
  if (target.names.length > 200) throw badRequest('The path is too deep')
  checkNode(exchange, nodeAt(exchange, target))
  return handler(exchange, target)
}
