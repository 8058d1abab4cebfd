import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import type { Node } from '../../space/tree.ts'
import type { SignedIn } from '../exchange.ts'
import { badRequest, notFound, notImplemented, reply, type Reply } from '../reply.ts'
import { httpDate } from './properties.ts'

interface Entry {
  readonly name: string
  readonly node: Node
}

const limit = 0xffff_ffff

/** The directory as a zip (APPNOTE 6.3: stored, with data descriptors); with `files=[…]` only these, named from the directory. */
export function zipOf(exchange: SignedIn, directory: Node): Reply {
  const { tree } = exchange.room
  const chosen = exchange.query.get('files')
  const entries: Entry[] = []
  const add = (node: Node, name: string): void => {
    entries.push({ name: node.directory ? `${name}/` : name, node })
    if (node.directory) for (const child of tree.children(node)) add(child, `${name}/${child.name}`)
  }
  const own = directory.parent === 0 ? 'download' : directory.name
  if (chosen !== null) {
    for (const path of readNames(chosen)) {
      const parts = path.split('/').filter((part) => part !== '')
      const node = tree.find(directory, parts)
      if (node === undefined) throw notFound(parts)
      add(node, parts.join('/'))
    }
  } else if (directory.parent === 0) for (const child of tree.children(directory)) add(child, child.name)
  else add(directory, own)
  if (entries.reduce((sum, { node }) => sum + (node.directory ? 200 : node.size + 1000), 0) > limit) throw notImplemented('The sandbox makes zip files of at most 4 GB')
  const name = `${own}.zip`
  return reply(
    200,
    {
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}; filename="${name.replaceAll(/[^ -~]|["\\]/g, '_')}"`,
      'accept-ranges': 'bytes',
      'content-transfer-encoding': 'binary',
      'x-accel-buffering': 'no',
      'last-modified': httpDate(directory.mtime),
    },
    Readable.from(zipParts(entries, (node) => tree.disk(node)), { objectMode: false }),
  )
}

function readNames(text: string): string[] {
  try {
    const parsed: unknown = JSON.parse(text)
    if (Array.isArray(parsed)) return parsed.map(String)
    if (typeof parsed === 'string') return [parsed]
  } catch {
    throw badRequest('The list of files is not valid JSON')
  }
  throw badRequest('The list of files is not a list')
}

async function* zipParts(entries: readonly Entry[], disk: (node: Node) => string): AsyncGenerator<Buffer> {
  const central: Buffer[] = []
  let offset = 0
  for (const { name, node } of entries) {
    const start = offset
    const title = Buffer.from(name)
    const local = header({ central: false, title, node, crc: 0, size: 0, start })
    yield local
    let crc = 0
    let size = 0
    if (node.directory === 0 && node.size > 0) {
      for await (const part of createReadStream(disk(node)) as AsyncIterable<Buffer>) {
        crc = crc32(part, crc)
        size += part.length
        yield part
      }
    }
    const descriptor = node.directory ? Buffer.alloc(0) : numbers([4, 0x08074b50], [4, crc], [4, size], [4, size])
    yield descriptor
    central.push(header({ central: true, title, node, crc, size, start }))
    offset += local.length + size + descriptor.length
  }
  const index = Buffer.concat(central)
  yield index
  yield numbers([4, 0x06054b50], [2, 0], [2, 0], [2, entries.length], [2, entries.length], [4, index.length], [4, offset], [2, 0])
}

interface HeaderFields {
  readonly central: boolean
  readonly title: Buffer
  readonly node: Node
  readonly crc: number
  readonly size: number
  readonly start: number
}

function header({ central, title, node, crc, size, start }: HeaderFields): Buffer {
  const flags = node.directory ? 0x0800 : 0x0808
  const when = new Date(Math.max(node.mtime, 315_532_800) * 1000)
  const time = (when.getUTCHours() << 11) | (when.getUTCMinutes() << 5) | (when.getUTCSeconds() >> 1)
  const day = ((when.getUTCFullYear() - 1980) << 9) | ((when.getUTCMonth() + 1) << 5) | when.getUTCDate()
  const common: [number, number][] = [[2, flags], [2, 0], [2, time], [2, day], [4, crc], [4, size], [4, size], [2, title.length], [2, 0]]
  if (!central) return Buffer.concat([numbers([4, 0x04034b50], [2, 20], ...common), title])
  const tail: [number, number][] = [[2, 0], [2, 0], [2, 0], [4, node.directory ? 0x10 : 0], [4, start]]
  return Buffer.concat([numbers([4, 0x02014b50], [2, 20], [2, 20], ...common, ...tail), title])
}

/** Little-endian numbers of 2 or 4 bytes. */
function numbers(...fields: readonly (readonly [number, number])[]): Buffer {
  const buffer = Buffer.alloc(fields.reduce((sum, [width]) => sum + width, 0))
  let at = 0
  for (const [width, value] of fields) at = buffer.writeUIntLE(value, at, width)
  return buffer
}
