import { execFile } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basicAuth, request } from '../../src/kit/http.ts'
import { registerSecret } from '../../src/kit/mask.ts'
import { failureOf } from '../support/failures.ts'

let server: Server
let url: string
beforeAll(async () => {
  server = createServer((incoming, answer) => {
    if (incoming.url === '/slow') return
    if (incoming.url === '/moved') {
      answer.writeHead(302, { location: '/' }).end()
      return
    }
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      answer.writeHead(incoming.url === '/full' ? 507 : 200, { 'x-method': incoming.method ?? '' })
      answer.end(`${String(incoming.headers['x-word'] ?? '')}|${Buffer.concat(chunks).toString()}`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

describe('request', () => {
  it('sends method, headers and body', async () => {
    const answer = await request(url, { method: 'PUT', headers: { 'x-word': 'w' }, body: 'é' })

    expect(answer).toMatchObject({ status: 200, text: 'w|é' })
    expect(answer.headers.get('x-method')).toBe('PUT')
  })

  it('takes any status for an answer', async () => {
    expect((await request(`${url}/full`)).status).toBe(507)
    const moved = await request(`${url}/moved`)
    expect([moved.status, moved.headers.get('location')]).toEqual([302, '/'])
  })

  it('tells of a server that does not answer, in the time given', async () => {
    const started = performance.now()
    const error = await failureOf(request(`${url}/slow`, { timeoutMs: 100 }))

    expect(performance.now() - started).toBeLessThan(3000)
    expect(error).toMatchObject({ code: 'remote-failed', retryable: true })
    expect(error.message).toContain(`no answer from ${url}: `)
  })

  it('tells of a server that is not there, without path or password', async () => {
    registerSecret('opensesame')
    const error = await failureOf(request('http://user:opensesame@127.0.0.1:1/path?token=opensesame'))

    expect(error.code).toBe('remote-failed')
    expect(error.message).toContain('http://127.0.0.1:1')
    expect(error.message).not.toMatch(/opensesame|path/)
  })

  it('tells of what is no address', async () => {
    expect((await failureOf(request('jardin.example'))).message).toContain('"jardin.example", which is not an address')
  })

  it('is interrupted by its signal', async () => {
    const stop = new AbortController()
    const asked = failureOf(request(`${url}/slow`, { signal: stop.signal }))
    stop.abort()

    expect((await asked).code).toBe('interrupted')
  })
})

it('brings no undici along, which would stay in memory; nor does what moves', async () => {
  const [http, moves] = ['../../src/kit/http.ts', '../../src/move/nextcloud-hosts.ts'].map((path) => new URL(path, import.meta.url).href)
  const asks = `const { request } = await import('${http}'); await import('${moves}'); await request('${url}'); console.log(JSON.stringify(process.moduleLoadList))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', asks])
  const loaded = JSON.parse(stdout) as string[]

  expect(loaded).toContain('NativeModule http')
  expect(loaded.filter((name) => name.includes('undici'))).toEqual([])
})

it('basicAuth encodes names beyond ASCII as UTF-8', () => {
  expect(basicAuth('zoé', 'mot de passe')).toBe('Basic em/DqTptb3QgZGUgcGFzc2U=')
})
