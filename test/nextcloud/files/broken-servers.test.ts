import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { HttpClient } from '../../../src/kit/http-stream.ts'
import type { RemoteFiles } from '../../../src/nextcloud/files/contract.ts'
import { openRemoteFiles } from '../../../src/nextcloud/files/index.ts'
import { openRemote, streamOf } from '../../../src/nextcloud/remote.ts'
import { failureOf } from '../../support/failures.ts'

let server: Server | undefined
const http = new HttpClient()
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})
afterAll(() => http[Symbol.dispose]())

async function against(answer: RequestListener, major = 32): Promise<RemoteFiles> {
  const made = createServer(answer)
  server = made
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  const facts = { version: `${major}.0.1`, major, capabilities: { dav: { bulkupload: '1.0' } } }
  return openRemoteFiles(openRemote({ base: `http://127.0.0.1:${(made.address() as AddressInfo).port}/cloud`, user: 'ann', password: 'secret-1', uid: 'ann', facts, http }))
}
const always = (status: number, headers: Record<string, string>, body = ''): RequestListener => (request, response) => {
  request.resume().on('end', () => response.writeHead(status, headers).end(body))
}
const all = async (files: RemoteFiles, ...args: Parameters<RemoteFiles['read']>): Promise<string> => (await buffer((await files.read(...args)).stream)).toString()
const put = (files: RemoteFiles): Promise<unknown> => files.write('a.txt', { stream: streamOf(Buffer.from('x')), length: 1 }, { over: 'new', mtime: 1_600_000_000 })

describe('src/nextcloud/files against servers that fail', () => {
  it('reading fails where the body is cut, or no length is told', async () => {
    const cut = await against((_request, response) => {
      response.writeHead(200, { 'content-length': '100', etag: '"e"' }).write('only this')
      setTimeout(() => response.destroy(), 20)
    })
    expect(await failureOf(all(cut, 'a.txt'))).toMatchObject({ code: 'remote-failed', retryable: true })
    expect(await failureOf(all(await against((_request, response) => response.writeHead(200).end('chunked')), 'a.txt'))).toMatchObject({ code: 'remote-failed', message: expect.stringContaining('how long') as string })
  })

  it('an answer that breaks off is no fault of ours, and may be asked for again', async () => {
    const half = (status: number, headers: Record<string, string>, body: string): RequestListener => (request, response) => {
      request.resume()
      response.writeHead(status, { ...headers, 'content-length': '10000' }).write(body)
      setTimeout(() => response.destroy(), 20)
    }
    const list = await against(half(207, {}, '<d:multistatus xmlns:d="DAV:">'))
    const listing = async (): Promise<void> => {
      for await (const _entry of list.list('a')) continue
    }
    expect(await failureOf(listing())).toMatchObject({ code: 'remote-failed', retryable: true, message: expect.stringContaining('broke off') as string })
    expect(await failureOf((await against(half(404, {}, '<d:error>'))).stat('a'))).toMatchObject({ code: 'remote-failed', retryable: true })
    const zip = (await against(half(200, { 'content-type': 'application/zip' }, 'PK\u0003\u0004'))).readMany('a', new Map([['a/b', 1]]))
    expect(await failureOf(buffer(zip as never))).toMatchObject({ code: 'remote-failed', retryable: true, message: expect.stringContaining('broke off') as string })
  })

  it('reading a part fails where all is sent, or another part', async () => {
    expect(await failureOf(all(await against(always(200, { 'content-length': '3' }, 'abc')), 'a.txt', { from: 1 }))).toMatchObject({ code: 'remote-failed', message: expect.stringContaining('all of') as string })
    expect(await failureOf(all(await against(always(206, { 'content-length': '3', 'content-range': 'bytes 0-2/9' }, 'abc')), 'a.txt', { from: 1, to: 3 }))).toMatchObject({ code: 'remote-failed' })
    expect(await failureOf(all(await against(always(206, { 'content-length': '2', 'content-range': 'bytes 0-1/9' }, 'ab')), 'a.txt', { from: 1, to: 3 }))).toMatchObject({ code: 'remote-failed' })
  })

  it.each([
    [401, 'remote-failed', false],
    [403, 'remote-failed', false],
    [404, 'not-found', false],
    [412, 'conflict', false],
    [413, 'remote-failed', false],
    [423, 'remote-failed', true],
    [429, 'remote-failed', true],
    [500, 'remote-failed', true],
    [501, 'remote-failed', false],
    [503, 'remote-failed', true],
    [504, 'remote-failed', true],
    [507, 'no-room', false],
  ])('%i is %s, to be repeated: %s', async (status, code, retryable) => {
    const files = await against(always(status, { 'retry-after': '7' }, '<d:error xmlns:d="DAV:" xmlns:s="s"><s:message>Why &amp; how</s:message></d:error>'))
    for (const refused of [put(files), files.read('a'), files.move('a', 'b'), files.setFavourite('a', true), files.writeMany([{ path: 'a', bytes: Buffer.from('x'), mtime: 0 }])]) {
      expect(await failureOf(refused)).toMatchObject({ code, retryable, data: { status, retryAfterMs: 7000 } })
    }
  })

  it('understands when to come back as a date of the server, whose clock may be wrong', async () => {
    const at = (seconds: number): string => new Date(4_000_000_000_000 + seconds * 1000).toUTCString()
    expect(await failureOf(put(await against(always(429, { date: at(0), 'retry-after': at(90) }))))).toMatchObject({ data: { retryAfterMs: 90_000 } })
    expect(await failureOf(put(await against(always(503, { date: at(60), 'retry-after': at(0) }))))).toMatchObject({ data: { retryAfterMs: 0 } })
    expect((await failureOf(put(await against(always(503, { 'retry-after': 'soon' }))))).data).toEqual({ status: 503 })
  })

  it('leaves nothing beside a long name that is taken, or was given by a request whose answer was lost', async () => {
    const seen: string[] = []
    const files = await against((request, response) => {
      seen.push(`${request.method} ${String(request.headers['x-nc-skip-trashbin'] ?? '')}`)
      request.resume().on('end', () => response.writeHead(request.method === 'MOVE' ? 412 : 201).end())
    }, 31)
    expect(await failureOf(files.write('x'.repeat(240), { stream: streamOf(Buffer.from('x')), length: 1 }, { over: 'new', mtime: 0 }))).toMatchObject({ code: 'conflict' })
    expect(seen).toEqual(['PUT ', 'MOVE ', 'DELETE true'])
  })

  it('sends no credentials after a redirect', async () => {
    const seen: IncomingMessage[] = []
    const files = await against((request, response) => {
      seen.push(request)
      response.writeHead(302, { location: 'http://elsewhere.example/' }).end()
    })
    expect(await failureOf(files.stat('a'))).toMatchObject({ code: 'remote-failed', message: expect.stringContaining('elsewhere.example') as string })
    expect(seen.length).toBe(1)
  })

  it('sends its requests below the path of the server', async () => {
    const seen: (string | undefined)[] = []
    const files = await against((request, response) => {
      seen.push(request.url, request.headers['destination'] as string | undefined)
      response.writeHead(201).end()
    })
    await files.move('a b', 'c')
    expect(seen).toEqual(['/cloud/remote.php/dav/files/ann/a%20b', expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/cloud\/remote\.php\/dav\/files\/ann\/c$/) as string])
  })

  it('stops the source of an upload that is refused', async () => {
    let stopped = false
    const endless = new Readable({ read() { this.push(Buffer.alloc(65_536)) }, destroy(_error, done) { stopped = true; done(null) } })
    const files = await against((_request, response) => response.writeHead(507).end())
    expect(await failureOf(files.write('a', { stream: endless, length: 1e12 }, { over: 'new', mtime: 0 }))).toMatchObject({ code: expect.stringMatching(/no-room|remote-failed/) as string })
    expect(stopped).toBe(true)
  })

  it.each([['nothing', ''], ['a page', '<html>Please sign in</html>'], ['half', '<d:multistatus xmlns:d="DAV:"><d:response><d:href>/cloud/rem']])('a list that is %s is refused', async (_title, body) => {
    const files = await against(always(207, {}, body))
    const listing = async (): Promise<void> => {
      for await (const _entry of files.list('a')) continue
    }
    expect(await failureOf(listing())).toMatchObject({ code: 'remote-failed', retryable: true })
    expect(await failureOf(files.stat('a'))).toMatchObject({ code: 'remote-failed' })
  })

  it.each(['/cloud/remote.php/dav/files/ann/a/b/c', '/cloud/remote.php/dav/files/ann/other', '/cloud/remote.php/dav/files/ann/a/..%2f..%2fetc', '/elsewhere'])('a list that tells of %s is refused', async (href) => {
    const files = await against(always(207, {}, `<d:multistatus xmlns:d="DAV:"><d:response><d:href>${href}</d:href></d:response></d:multistatus>`))
    const listing = async (): Promise<void> => {
      for await (const _entry of files.list('a')) continue
    }
    expect(await failureOf(listing())).toMatchObject({ code: 'remote-failed' })
  })

  it('many at once: what was answered counts, the rest was not written', async () => {
    const parts = ['a', 'b', 'c'].map((path) => ({ path, bytes: Buffer.from(path), mtime: 0 }))
    const partial = await against(always(400, {}, '{"/a":{"error":false,"etag":"e1","fileid":"00000012ocabc"},"/b":{"error":true,"message":"\\"b\\" is locked"},"/stranger":{"error":false}}'))
    expect(await partial.writeMany(parts)).toEqual(new Map<string, unknown>([['a', { ok: true, written: { etag: 'e1', fileId: '12', md5: '0cc175b9c0f1b6a831c399e269772661' } }], ['b', { ok: false, message: '"b" is locked' }]]))
    expect(await failureOf((await against(always(400, {}, '[]'))).writeMany(parts))).toMatchObject({ code: 'remote-failed', retryable: false, data: { status: 400 } })
    expect(await failureOf((await against(always(200, {}, '<html>'))).writeMany(parts))).toMatchObject({ code: 'remote-failed', data: { status: 200 } })
    expect(await failureOf((await against(always(200, {}, '{"/a":{"error":"maybe"}}'))).writeMany(parts))).toMatchObject({ code: 'remote-failed' })
    expect(await (await against(always(500, {}))).writeMany([])).toEqual(new Map())
  })

  it('sends the hash that the release reads', async () => {
    const bodies: string[] = []
    const keep = (request: IncomingMessage, response: ServerResponse): void => {
      void buffer(request).then((body) => {
        bodies.push(body.toString())
        response.end('{"/é/a.txt":{"error":false}}')
      })
    }
    for (const major of [28, 32]) await (await against(keep, major)).writeMany([{ path: 'é/a.txt', bytes: Buffer.from('hello'), mtime: 1_600_000_000 }])
    expect(bodies[0]).toMatch(/^--(chaton-\w+)\r\nX-File-Path: \/é\/a\.txt\r\nx-oc-mtime: 1600000000\r\nX-File-MD5: 5d41402abc4b2a76b9719d911017c592\r\nContent-Length: 5\r\n\r\nhello\r\n--\1--\r\n$/)
    expect(bodies[1]).toContain('\r\nOC-Checksum: MD5:5d41402abc4b2a76b9719d911017c592\r\n')
  })

  it('stops sending a batch that is refused before it was read', async () => {
    const size = 32 * 2 ** 20
    let came = 0
    const ended = Promise.withResolvers<void>()
    const files = await against((request) => {
      request.socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n')
      request.on('error', () => undefined).once('close', () => ended.resolve())
      setTimeout(() => request.on('data', (chunk: Buffer) => (came += chunk.length)), 300)
    })

    expect(await failureOf(files.writeMany([{ path: 'a', bytes: Buffer.alloc(size), mtime: 1_600_000_000 }]))).toMatchObject({ code: 'remote-failed', data: { status: 413 } })
    await ended.promise
    expect(came).toBeLessThan(size)
  })

  it('knows nothing of a hash that the server does not tell', async () => {
    for (const status of [400, 405, 501]) expect(await (await against(always(status, {}))).hash('a', 'sha256')).toBeUndefined()
    expect(await (await against(always(204, {}))).hash('a', 'sha256')).toBeUndefined()
    expect(await (await against(always(204, { 'oc-checksum': `MD5:x SHA256:${'AB'.repeat(32)}` }))).hash('a', 'sha256')).toBe('ab'.repeat(32))
  })

  it('says which property was refused', async () => {
    const files = await against(always(207, {}, '<d:multistatus xmlns:d="DAV:" xmlns:nc="n"><d:response><d:href>/a</d:href><d:propstat><d:prop><d:lastmodified/></d:prop><d:status>HTTP/1.1 424 Failed Dependency</d:status></d:propstat><d:propstat><d:prop><nc:creation_time/></d:prop><d:status>HTTP/1.1 403 Forbidden</d:status></d:propstat></d:response></d:multistatus>'))
    expect(await failureOf(files.setTimes('a', { mtime: 1, ctime: 1 }))).toMatchObject({ code: 'remote-failed', message: expect.stringContaining('creation_time (403)') as string, data: { status: 403 } })
  })
})
