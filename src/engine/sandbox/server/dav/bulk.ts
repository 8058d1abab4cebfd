import { createHash, getHashes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { header, readBody, type SignedIn } from '../exchange.ts'
import { badRequest, DavError, jsonReply, reply, type Reply } from '../reply.ts'
import { longId, permissionsOf } from './properties.ts'

interface Part {
  readonly path: string
  readonly mtime: number
  readonly content: Buffer
}

const largest = 512 * 2 ** 20

/** `POST /remote.php/dav/bulk`: many small files in one body. What was written before a bad part stays written. */
export async function bulk(exchange: SignedIn): Promise<Reply> {
  const type = header(exchange, 'content-type') ?? ''
  const match = /^multipart\/related;\s*boundary="?([^";]+)"?$/.exec(type)
  if (!match) throw badRequest('Error while parsing boundary in Content-Type header.')
  const [, boundary = ''] = match
  const body = await readBody(exchange, largest)
  const results: Record<string, unknown> = {}
  try {
    let at = 0
    for (;;) {
      const found = readPart(body, at, `--${boundary}`)
      if (found === undefined) break
      results[found.part.path] = write(exchange, found.part)
      at = found.next
    }
  } catch (error) {
    if (!(error instanceof DavError) || error.status !== 400) throw error
    return answer(400, results)
  }
  return answer(200, results)
}

const answer = (status: number, results: Record<string, unknown>): Reply =>
  Object.keys(results).length === 0 ? reply(status, {}, '[]') : { ...jsonReply(status, results), headers: {} }

/** The part at `at`, or `undefined` at the closing boundary. Throws 400. */
function readPart(body: Buffer, at: number, boundary: string): { part: Part; next: number } | undefined {
  const line = body.subarray(at, at + boundary.length + 2).toString('latin1')
  if (line === `${boundary}--`) return undefined
  if (line !== `${boundary}\r\n`) throw badRequest('Expected a boundary')
  const start = at + line.length
  const end = body.indexOf('\r\n\r\n', start)
  if (end < 0) throw badRequest('A part has no end of headers')
  const headers = new Map(
    body.subarray(start, end).toString('utf8').split('\r\n').map((text) => {
      const colon = text.indexOf(':')
      return [text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim()] as const
    }),
  )
  const length = Number(headers.get('content-length') ?? Number.NaN)
  const content = body.subarray(end + 4, end + 4 + length)
  if (!Number.isSafeInteger(length) || content.length !== length) throw badRequest('The Content-Length header must not be null.')
  const next = end + 4 + length + 2
  return { part: checked(headers, content), next }
}

function checked(headers: ReadonlyMap<string, string>, content: Buffer): Part {
  const checksum = headers.get('oc-checksum')
  const [name = '', expected = ''] = checksum === undefined ? ['md5', headers.get('x-file-md5')] : checksum.split(':')
  const algorithm = name.toLowerCase()
  if (!getHashes().includes(algorithm)) throw new DavError(500, 'Sabre\\DAV\\Exception', `Unknown hash "${name}"`)
  if (createHash(algorithm).update(content).digest('hex') !== expected) throw badRequest('Computed hash is incorrect.')
  const path = headers.get('x-file-path') ?? ''
  const mtime = Number(headers.get('x-file-mtime') ?? headers.get('x-oc-mtime') ?? Number.NaN)
  return { path, mtime, content }
}

function write(exchange: SignedIn, part: Part): Record<string, unknown> {
  const { room, account } = exchange
  const names = part.path.trim().split('/').filter((name) => name !== '')
  const refused = { error: true, message: `Could not create path "/${account.uid}/files/${names.join('/')}"` }
  if (names.some((name) => name === '.' || name === '..' || name.includes('\0')) || names.at(-1)?.toLowerCase() === '.htaccess') return refused
  return room.mutate(() => {
    const parent = room.tree.find(room.tree.root(account.uid, 'files', room.now()), names.slice(0, -1))
    const name = names.at(-1)
    if (parent?.directory !== 1 || name === undefined || room.tree.child(parent, name)?.directory === 1) return refused
    if (part.content.length > 0 && part.content.length >= room.available(account.uid)) return refused
    const temporary = room.temporary()
    writeFileSync(temporary, part.content, { mode: 0o600 })
    const now = room.now()
    const { node } = room.tree.putFile(parent, name, { temporary, size: part.content.length, mtime: part.mtime > 86_400 ? part.mtime : now, now })
    return { error: false, etag: node.etag, fileid: longId(exchange, node.id), permissions: permissionsOf(node) }
  })
}
