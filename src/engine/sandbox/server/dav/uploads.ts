import { createHash, type Hash } from 'node:crypto'
import { appendFileSync, createReadStream, createWriteStream, rmSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Node } from '../../space/tree.ts'
import { header, readText, type SignedIn } from '../exchange.ts'
import { badRequest, conflict, insufficientStorage, methodNotAllowed, notFound, reply, type Reply } from '../reply.ts'
import { multistatus, responseXml } from '../xml.ts'
import { remove } from './delete.ts'
import { hrefOf } from './names.ts'
import { httpDate, pick, askedProperties } from './properties.ts'
import { accepted, writtenHeaders } from './put.ts'
import { checkNode } from './preconditions.ts'
import { hashHeaders, hashNames, numberHeader, receive, timeHeader } from './receive.ts'
import { clearSpaceFor, fileDestination, refuseOverwriting } from './transfer.ts'
import { existingNode, nodeAt, type Target } from './target.ts'

/** Chunked upload, version 2: a directory, numbered chunks, and a move of `.file` that joins them. */
export async function answerUploads(exchange: SignedIn, target: Target): Promise<Reply> {
  const { method } = exchange
  if (target.names.length === 0) return method === 'PROPFIND' ? list(exchange, target) : refuse()
  if (target.names.length === 1) {
    if (method === 'MKCOL') return start(exchange, target)
    if (method === 'DELETE') return remove(exchange, target)
    return method === 'PROPFIND' ? list(exchange, target) : refuse()
  }
  if (method === 'PUT') return putChunk(exchange, target)
  if (method === 'MOVE' && target.names[1] === '.file') return assemble(exchange, target)
  if (method === 'DELETE') return remove(exchange, target)
  return method === 'PROPFIND' ? list(exchange, target) : refuse()
}

const refuse = (): never => {
  throw methodNotAllowed('Not allowed in the upload directory')
}

function start(exchange: SignedIn, target: Target): Reply {
  const { room } = exchange
  if (nodeAt(exchange, target) !== undefined) throw methodNotAllowed('The resource you tried to create already exists')
  room.mutate(() => room.tree.makeDirectory(target.root, target.names[0] ?? '', room.now()))
  return reply(201)
}

async function putChunk(exchange: SignedIn, target: Target): Promise<Reply> {
  const { room, account } = exchange
  const [folder = '', name = ''] = target.names
  if (target.names.length !== 2 || name === '.file') throw conflict('PUT is not allowed on non-files.')
  const path = `/${folder}/${name}`
  if (room.tree.child(target.root, folder) === undefined) throw notFound([folder])
  return receive(exchange, { path, bytes: room.available(account.uid) }, ({ temporary, size, hashes }) =>
    room.mutate(() => {
      const parent = room.tree.child(target.root, folder)
      if (parent === undefined) throw notFound([folder])
      if (size > room.poolLeft()) throw insufficientStorage(`Insufficient space in ${path}, ${size} required, ${room.poolLeft()} available`)
      const now = room.now()
      const { created } = room.tree.putFile(parent, name, { temporary, size, mtime: now, now })
      return reply(created ? 201 : 204, hashes)
    }),
  )
}

const chunksOf = (exchange: SignedIn, folder: Node): Node[] =>
  exchange.room.tree.children(folder).toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))

async function append(chunk: string, temporary: string, hashes: ReadonlyMap<string, Hash>): Promise<void> {
  const reading = createReadStream(chunk)
  reading.on('data', (bytes) => {
    for (const hash of hashes.values()) hash.update(bytes)
  })
  await pipeline(reading, createWriteStream(temporary, { flags: 'a' }))
}

async function assemble(exchange: SignedIn, target: Target): Promise<Reply> {
  const { room } = exchange
  const folder = room.tree.child(target.root, target.names[0] ?? '')
  checkNode(exchange, folder && { ...folder, directory: 0 })
  refuseOverwriting(exchange, nodeAt(exchange, fileDestination(exchange)))
  if (folder === undefined) throw notFound(target.names.slice(0, 1))
  const total = numberHeader(exchange, 'oc-total-length')
  if (total !== undefined && total !== folder.size) throw badRequest(`Chunks on server do not sum up to ${total} but to ${folder.size} bytes`)
  const mtime = timeHeader(exchange, 'x-oc-mtime')
  const created = timeHeader(exchange, 'x-oc-ctime')
  const temporary = room.temporary()
  const hashes = new Map<string, Hash>(hashNames(exchange).map((name) => [name, createHash(name)]))
  try {
    appendFileSync(temporary, '', { mode: 0o600 })
    for (const chunk of chunksOf(exchange, folder)) await append(room.tree.disk(chunk), temporary, hashes)
    return room.mutate(() => {
      if (room.tree.byId(folder.id)?.etag !== folder.etag) throw conflict('Chunks were changed while they were joined')
      const destination = fileDestination(exchange)
      const { parent, name } = clearSpaceFor(exchange, destination, { bytes: folder.size, credit: folder.size })
      const now = room.now()
      const file = { temporary, size: folder.size, mtime: mtime ?? now, created, checksum: header(exchange, 'oc-checksum'), now }
      room.tree.remove(folder, now)
      const written = room.tree.putFile(parent, name, file)
      return reply(written.created ? 201 : 204, { ...writtenHeaders(exchange, written.node), ...accepted(mtime, created), ...hashHeaders(hashes) })
    })
  } finally {
    rmSync(temporary, { force: true })
  }
}

const usual = ['getlastmodified', 'getcontentlength', 'resourcetype', 'getetag', 'getcontenttype'].map((name) => `{DAV:}${name}`)

async function list(exchange: SignedIn, target: Target): Promise<Reply> {
  const asked = askedProperties(await readText(exchange))
  const node = existingNode(exchange, target)
  const tell = (item: Node, names: readonly string[]): string => {
    const values: Readonly<Record<string, string | undefined>> = {
      '{DAV:}getlastmodified': httpDate(item.mtime),
      '{DAV:}resourcetype': item.directory ? '<d:collection/>' : '',
      ...(item.directory ? {} : { '{DAV:}getcontentlength': String(item.size), '{DAV:}getetag': `&quot;${item.etag}&quot;`, '{DAV:}getcontenttype': 'application/octet-stream' }),
    }
    const href = hrefOf([...target.base, ...names], item.directory === 1)
    return responseXml({ href, ...pick((name) => values[name], asked, usual, false) })
  }
  const below = node.directory === 1 && header(exchange, 'depth') !== '0' ? chunksOf(exchange, node) : []
  const whole = node.parent === target.root.id && below.length > 0 ? [tell({ ...node, directory: 0 }, [...target.names, '.file'])] : []
  return multistatus([tell(node, target.names), ...whole, ...below.map((child) => tell(child, [...target.names, child.name]))])
}
