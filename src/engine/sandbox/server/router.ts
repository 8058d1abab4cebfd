import type { IncomingMessage } from 'node:http'
import { davRefusal, signIn } from './auth.ts'
import { answerDav } from './dav/index.ts'
import { BodyTooLarge, type Exchange } from './exchange.ts'
import { answerOcs } from './ocs/index.ts'
import { answerPage } from './pages/index.ts'
import { suspendedPage } from './pages/html.ts'
import { badRequest, DavError, jsonReply, reply, type Reply } from './reply.ts'
import type { Room } from './room.ts'
import { errorReply } from './xml.ts'

/** Finds who answers. Never rejects for what a client did wrong. */
export async function answer(room: Room, request: IncomingMessage): Promise<Reply> {
  try {
    const exchange = read(room, request)
    if (room.settings.suspended) return suspendedPage(room.settings.title)
    return await route(exchange)
  } catch (error) {
    if (error instanceof DavError) return errorReply(error)
    if (error instanceof BodyTooLarge) return errorReply(new DavError(413, 'OCA\\DAV\\Connector\\Sabre\\Exception\\EntityTooLarge', error.message))
    throw error
  }
}

function read(room: Room, request: IncomingMessage): Exchange {
  const [rawPath = '/', query = ''] = (request.url ?? '/').split('?', 2)
  let givenPath: string[]
  try {
    givenPath = rawPath.split('/').filter((part) => part !== '').map((part) => decodeURIComponent(part))
  } catch {
    throw badRequest('The address is not valid')
  }
  const path = givenPath.map((part) => part.normalize('NFC'))
  if (path.some((part) => part === '.' || part === '..' || part.includes('/') || part.includes('\0'))) throw badRequest('The address is not valid')
  const forwarded = request.headers['x-forwarded-proto']
  const origin = `${typeof forwarded === 'string' ? forwarded : 'http'}://${request.headers.host ?? '127.0.0.1'}`
  return { room, method: request.method ?? 'GET', path, givenPath, query: new URLSearchParams(query), request, origin }
}

async function route(exchange: Exchange): Promise<Reply> {
  const [first] = exchange.path
  if (first === 'status.php') return jsonReply(200, status(exchange.room))
  if (first === 'ocs') return answerOcs(exchange)
  if (first === 'remote.php') return answerRemote(exchange)
  if (first === '.well-known') return wellKnown(exchange)
  return answerPage(exchange)
}

function status(room: Room): Record<string, unknown> {
  const { release } = room.settings
  return {
    installed: true,
    maintenance: false,
    needsDbUpgrade: false,
    version: `${release}.0`,
    versionstring: release,
    edition: '',
    productname: 'Nextcloud',
    extendedSupport: false,
    sandbox: true,
  }
}

async function answerRemote(exchange: Exchange): Promise<Reply> {
  const [, service] = exchange.path
  if (service !== 'dav' && service !== 'webdav') return reply(404, { 'content-type': 'text/plain' }, 'Path not found')
  const found = signIn(exchange)
  if (found.outcome !== 'in') throw davRefusal(exchange, found.outcome)
  return answerDav({ ...exchange, account: found.account, token: found.token })
}

const wellKnown = (exchange: Exchange): Reply =>
  exchange.path[1] === 'caldav' || exchange.path[1] === 'carddav' ? reply(301, { location: `${exchange.origin}/remote.php/dav/` }) : reply(404)
