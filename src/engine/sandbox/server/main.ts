import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { systemClock } from '../../../kit/clock.ts'
import { SpaceDatabase } from '../space/database.ts'
import type { Reply } from './reply.ts'
import { Room } from './room.ts'
import { answer } from './router.ts'

/** Entry of the sandbox's server: `main <directory of the space> <port>`. Serves on 127.0.0.1 until it is ended. */
const [directory = '', port = '0'] = process.argv.slice(2)
const scratch = join(directory, 'tmp')
mkdirSync(scratch, { recursive: true })
for (const name of readdirSync(scratch)) rmSync(join(scratch, name), { force: true })
const room = new Room(new SpaceDatabase(join(directory, 'database/space.sqlite')), directory, () => systemClock.now())

async function send(request: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
  const { body } = reply
  const length = typeof body === 'string' ? Buffer.byteLength(body) : Buffer.isBuffer(body) ? body.length : body === undefined ? 0 : undefined
  const headers: Record<string, string> = {
    'content-type': 'text/html; charset=UTF-8',
    ...(length === undefined || reply.status === 204 ? {} : { 'content-length': String(length) }),
    'x-content-type-options': 'nosniff',
    'x-chaton-sandbox': 'true',
    ...reply.headers,
  }
  response.writeHead(reply.status, headers)
  if (request.method === 'HEAD' || body === undefined) {
    if (body instanceof Readable) body.destroy()
    response.end()
  } else if (body instanceof Readable) await pipeline(body, response)
  else response.end(body)
}

const server = createServer((request, response) => {
  answer(room, request)
    .then((reply) => send(request, response, reply))
    .catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
      response.destroy()
    })
    .finally(() => request.resume())
})
server.requestTimeout = 0
server.keepAliveTimeout = 30_000
server.listen(Number(port), '127.0.0.1')

const stop = (): void => {
  server.close()
  server.closeAllConnections()
  room.database.close()
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
