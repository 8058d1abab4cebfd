import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'

/**
 * A server that has an account with any number of small files, and takes all that is sent, without keeping anything: `/old` to read from,
 * `/new` to write to. For measuring what the mover itself takes: `node bench/endless-server.ts <port> <folders> <files in each>`.
 */
const [port = '0', folders = '5', filesEach = '20000'] = process.argv.slice(2)
const mtime = 'Sun, 13 Sep 2020 12:26:40 GMT'
const made = new Set<string>()

const contentOf = (path: string): Buffer => Buffer.from(`${path}\n`.repeat(8))
const nameOf = (index: number): string => `a rather long name of a document ${index}.txt`

interface Entry {
  readonly path: string
  readonly id: number
  readonly size: number | undefined
}

function told({ path, id, size }: Entry, base: string): string {
  const kind = size === undefined ? '<d:resourcetype><d:collection/></d:resourcetype><oc:size>1</oc:size>' : `<d:resourcetype/><d:getcontentlength>${size}</d:getcontentlength>`
  const href = `${base}/${path.split('/').map(encodeURIComponent).join('/')}`
  return `<d:response><d:href>${href}</d:href><d:propstat><d:prop>${kind}<d:getetag>&quot;e${id}&quot;</d:getetag><d:getlastmodified>${mtime}</d:getlastmodified><oc:fileid>${id}</oc:fileid><oc:permissions>RGDNVW</oc:permissions></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`
}

function* entriesOf(path: string): Generator<Entry> {
  if (path === '') for (let folder = 0; folder < Number(folders); folder++) yield { path: `folder ${folder}`, id: 1 + folder, size: undefined }
  const folder = /^folder (\d+)$/.exec(path)?.[1]
  if (folder === undefined) return
  for (let index = 0; index < Number(filesEach); index++) {
    const file = `${path}/${nameOf(index)}`
    yield { path: file, id: 1000 + Number(folder) * Number(filesEach) + index, size: contentOf(file).length }
  }
}

async function list(response: ServerResponse, { base, path, deep, empty }: { base: string; path: string; deep: boolean; empty: boolean }): Promise<void> {
  response.writeHead(207, { 'content-type': 'application/xml' })
  response.write(`<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">${told({ path, id: 1_000_000, size: undefined }, base)}`)
  for (const entry of deep && !empty ? entriesOf(path) : []) if (!response.write(told(entry, base))) await new Promise((resolve) => response.once('drain', resolve))
  response.end('</d:multistatus>')
}

/** Stored, with sizes in descriptors behind, as Nextcloud's. */
function zip(names: readonly string[], folder: string): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const name of names) {
    const [title, content] = [Buffer.from(name), contentOf(folder === '' ? name : `${folder}/${name}`)]
    const crc = crc32(content)
    const descriptor = numbers([4, 0x08074b50], [4, crc], [4, content.length], [4, content.length])
    const local = Buffer.concat([numbers([4, 0x04034b50], [2, 20], [2, 0x0808], [2, 0], [4, 0], [4, 0], [4, 0], [4, 0], [2, title.length], [2, 0]), title, content, descriptor])
    const kept = numbers([4, 0x02014b50], [2, 20], [2, 20], [2, 0x0808], [2, 0], [4, 0], [4, crc], [4, content.length], [4, content.length], [2, title.length], [2, 0])
    parts.push(local)
    directory.push(kept, numbers([2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), title)
    offset += local.length
  }
  const index = Buffer.concat(directory)
  return Buffer.concat([...parts, index, numbers([4, 0x06054b50], [2, 0], [2, 0], [2, names.length], [2, names.length], [4, index.length], [4, offset], [2, 0])])
}

function numbers(...fields: readonly (readonly [number, number])[]): Buffer {
  const bytes = Buffer.alloc(fields.reduce((sum, [width]) => sum + width, 0))
  let at = 0
  for (const [width, value] of fields) at = bytes.writeUIntLE(value, at, width)
  return bytes
}

async function bulk(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const text = (await buffer(request)).toString('latin1')
  const paths = [...text.matchAll(/X-File-Path: ([^\r]+)\r\n/g)].map(([, path = '']) => Buffer.from(path, 'latin1').toString())
  response.end(JSON.stringify(Object.fromEntries(paths.map((path) => [path, { error: false, etag: 'f'.repeat(32), fileid: '00000042oc1234' }]))))
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const [, side = '', ...rest] = url.pathname.split('/').map(decodeURIComponent)
  const path = rest.slice(4).join('/')
  const base = `/${side}/remote.php/dav/files/${rest[3] ?? ''}`
  if (url.pathname.includes('capabilities')) response.end(JSON.stringify({ ocs: { meta: { status: 'ok', statuscode: 200 }, data: { version: { major: 32, minor: 0, micro: 1, string: '32.0.1' }, capabilities: { dav: { bulkupload: '1.0' } } } } }))
  else if (request.method === 'PROPFIND') await list(response, { base, path, deep: request.headers['depth'] === '1', empty: side === 'new' })
  else if (request.method === 'GET') {
    const asked = url.searchParams.get('files')
    response.setHeader('content-type', 'application/zip')
    response.end(zip(asked === null ? [...entriesOf(path)].map((entry) => entry.path) : (JSON.parse(asked) as string[]), path))
  } else if (request.method === 'POST') await bulk(request, response)
  else if (request.method === 'MKCOL') {
    response.statusCode = made.has(path) ? 405 : 201
    made.add(path)
    response.end()
  } else if (request.method === 'PROPPATCH') {
    response.statusCode = 207
    response.end('<?xml version="1.0"?><d:multistatus xmlns:d="DAV:"></d:multistatus>')
  } else {
    response.statusCode = 501
    response.end()
  }
}

createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error)
    response.destroy()
  })
}).listen(Number(port), '127.0.0.1', () => console.log('listening'))
