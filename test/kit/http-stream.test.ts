import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { discard, HttpClient, textOf } from '../../src/kit/http-stream.ts'
import { failureOf } from '../support/failures.ts'

let server: Server | undefined
const http = new HttpClient()
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})
afterAll(() => http[Symbol.dispose]())

async function serve(answer: RequestListener): Promise<string> {
  const made = createServer(answer)
  server = made
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}/`
}
const half: RequestListener = (request, response) => {
  request.resume()
  response.writeHead(200, { 'content-length': '1000' }).write('half')
}

describe('src/kit/http-stream', () => {
  it('sends a stream with its length, and keeps the connection', async () => {
    const seen: unknown[] = []
    const url = await serve((request, response) => {
      seen.push(request.headers['content-length'], request.socket.remotePort)
      request.pipe(response)
    })
    for (const text of ['one', 'three']) expect(await textOf(await http.send(url, { method: 'PUT', body: { stream: Readable.from([Buffer.from(text)]), length: text.length } }))).toBe(text)
    expect(seen).toEqual(['3', seen[1], '5', seen[1]])
  })

  it('says in our words that an answer broke off', async () => {
    const url = await serve((request, response) => {
      half(request, response)
      setTimeout(() => response.destroy(), 10)
    })
    expect(await failureOf(textOf(await http.send(url)))).toMatchObject({ code: 'remote-failed', retryable: true, message: expect.stringContaining('broke off') as string })
    expect(await failureOf(discard(await http.send(url)))).toMatchObject({ code: 'remote-failed' })
  })

  it('says that it was stopped, before an answer and in the middle of one', async () => {
    const stop = new AbortController()
    const answer = await http.send(await serve(half), { signal: stop.signal })
    const reading = failureOf(textOf(answer))
    stop.abort()
    expect(await reading).toMatchObject({ code: 'interrupted' })
    const silent = await serve((request) => void request.resume())
    const again = new AbortController()
    const waiting = failureOf(http.send(silent, { signal: again.signal }))
    setTimeout(() => again.abort(), 20)
    expect(await waiting).toMatchObject({ code: 'interrupted' })
  })

  it('gives up on silence, before an answer and in the middle of one', async () => {
    const silent = await serve((request) => void request.resume())
    expect(await failureOf(http.send(silent, { idleTimeoutMs: 50 }))).toMatchObject({ code: 'remote-failed', retryable: true, message: expect.stringContaining('no byte') as string })
    server?.closeAllConnections()
    server?.close()
    const url = await serve(half)
    expect(await failureOf(textOf(await http.send(url, { idleTimeoutMs: 50 })))).toMatchObject({ code: 'remote-failed', retryable: true })
  })

  it('closes the connection of a reader that wants no more, without an error', async () => {
    const url = await serve(half)
    const { body } = await http.send(url)
    const closed = new Promise<string>((resolve) => body.once('close', () => resolve('closed')))
    for await (const _chunk of body) break
    expect(await closed).toBe('closed')
  })
})
