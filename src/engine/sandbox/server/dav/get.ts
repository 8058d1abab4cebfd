import { createReadStream } from 'node:fs'
import { header, type SignedIn } from '../exchange.ts'
import { rangeNotSatisfiable, reply, type Reply } from '../reply.ts'
import { mimeType } from './names.ts'
import { httpDate } from './properties.ts'
import { existingNode, type Target } from './target.ts'
import { zipOf } from './zip.ts'

export interface Download {
  readonly file: string
  readonly name: string
  readonly size: number
  readonly mtime: number
  /** As it stands in the header, with its quotes where it has any. */
  readonly etag: string
  readonly checksum?: string | null
  readonly type?: string
}

export async function get(exchange: SignedIn, target: Target): Promise<Reply> {
  const node = existingNode(exchange, target)
  if (node.directory === 1) {
    const accept = exchange.query.get('accept') ?? header(exchange, 'accept')
    return accept === 'zip' || accept === 'application/zip' ? zipOf(exchange, node) : reply(200)
  }
  const { size, mtime, name, checksum } = node
  return download(exchange, { file: exchange.room.tree.disk(node), name, size, mtime, etag: `"${node.etag}"`, checksum })
}

export function download(exchange: SignedIn, item: Download): Reply {
  const type = item.type ?? mimeType(item.name)
  const headers = {
    'content-type': type.startsWith('text/') && item.type === undefined ? `${type};charset=UTF-8` : type,
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(item.name)}; filename="${item.name.replaceAll(/[^ -~]|["\\]/g, '_')}"`,
    etag: item.etag,
    'oc-etag': item.etag,
    'last-modified': httpDate(item.mtime),
    'x-accel-buffering': 'no',
    ...(item.checksum ? { 'oc-checksum': item.checksum } : {}),
  }
  const conditional = header(exchange, 'if-none-match')
  if (conditional !== undefined && conditional === item.etag) return reply(304, { etag: item.etag })
  const range = rangeOf(exchange, item)
  if (range === undefined) {
    const body = item.size === 0 || exchange.method === 'HEAD' ? undefined : createReadStream(item.file)
    return reply(200, { ...headers, 'content-length': String(item.size) }, body)
  }
  const [start, end] = range
  const length = String(end - start + 1)
  const partial = { ...headers, 'content-length': length, 'content-range': `bytes ${start}-${end}/${item.size}` }
  return reply(206, partial, createReadStream(item.file, { start, end }))
}

/** First and last byte of a single range; `undefined`: the whole. Throws 416. */
function rangeOf(exchange: SignedIn, { size, etag }: Download): readonly [number, number] | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header(exchange, 'range') ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const condition = header(exchange, 'if-range')
  if (condition !== undefined && condition !== etag) return undefined
  const [, first = '', last = ''] = match
  if (first === '') return [Math.max(0, size - Number(last)), size - 1]
  const start = Number(first)
  if (start >= size) throw rangeNotSatisfiable(`The start offset (${start}) exceeded the size of the entity (${size})`)
  const end = last === '' ? size - 1 : Math.min(size - 1, Number(last))
  if (end < start) throw rangeNotSatisfiable(`The end offset (${end}) is lower than the start offset (${start})`)
  return [start, end]
}
