import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { HttpClient } from '../../src/kit/http-stream.ts'
import { discover } from '../../src/nextcloud/discover/index.ts'
import { candidatesOf } from '../../src/nextcloud/discover/typed.ts'
import { failureOf, thrownBy } from '../support/failures.ts'

const http = new HttpClient()
const servers: Server[] = []
const asked: string[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
  asked.length = 0
})

async function serve(answer: RequestListener, make: (answer: RequestListener) => Server = createServer): Promise<number> {
  const server = make((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? 'anonymous'}`)
    answer(request, response)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
const status = (parts: Record<string, unknown> = {}): string =>
  JSON.stringify({ installed: true, maintenance: false, needsDbUpgrade: false, version: '32.0.1.2', versionstring: '32.0.1', productname: 'Nextcloud', ...parts })
/** A Nextcloud below `path`; anything else is 404. */
const nextcloud = (path = '', parts: Record<string, unknown> = {}): RequestListener => (request, response) => {
  if (request.url === `${path}/status.php`) response.writeHead(200, { 'content-type': 'application/json' }).end(status(parts))
  else response.writeHead(404).end('nothing')
}

describe('src/nextcloud/discover/typed', () => {
  it.each([
    ['cloud.example.org', ['https://cloud.example.org']],
    ['  <https://cloud.example.org/>  ', ['https://cloud.example.org']],
    ['Cloud.Example.ORG:8443', ['https://cloud.example.org:8443']],
    ['http://cloud.example.org', ['http://cloud.example.org']],
    ['davs://cloud.example.org/remote.php/dav/files/ann/', ['https://cloud.example.org']],
    ['ann@cloud.example.org', ['https://cloud.example.org']],
    ['https://ann:secret@cloud.example.org', ['https://cloud.example.org']],
    ['ann@mail.example.org@cloud.example.org', ['https://cloud.example.org']],
    ['https://example.org/nextcloud', ['https://example.org/nextcloud', 'https://example.org']],
    ['https://cloud.example.org/index.php/apps/files/?dir=/A&b#c', ['https://cloud.example.org']],
    ['https://example.org/nextcloud/apps/files/files/12?dir=/', ['https://example.org/nextcloud', 'https://example.org']],
    ['https://cloud.example.org/s/AbCdEf123', ['https://cloud.example.org']],
    ['https://e.org/a/b/c/d/e', ['https://e.org/a/b/c/d/e', 'https://e.org/a/b/c/d', 'https://e.org/a/b/c', 'https://e.org']],
    ['büro.example.org', ['https://xn--bro-hoa.example.org']],
    ['localhost:8080', ['https://localhost:8080', 'http://localhost:8080']],
    ['127.0.0.1:8080/nc', ['https://127.0.0.1:8080/nc', 'http://127.0.0.1:8080/nc', 'https://127.0.0.1:8080', 'http://127.0.0.1:8080']],
    ['[::1]', ['https://[::1]', 'http://[::1]']],
    ['https://nas', ['https://nas']],
  ])('reads %j', (typed, bases) => {
    expect(candidatesOf(typed).bases).toEqual(bases)
  })

  it.each(['', '   ', 'nas', 'my cloud', 'ftp://cloud.example.org', 'file:///etc/passwd', 'https://', 'javascript://cloud.example.org/%0a', 'constructor://cloud.example.org', 'cloud.example.org:99999'])('refuses %j', (typed) => {
    const error = thrownBy(() => candidatesOf(typed))
    expect(error).toMatchObject({ code: 'bad-input', actor: 'user' })
    expect(error.message).toContain(JSON.stringify(typed))
    expect(error.next.length).toBeGreaterThan(0)
  })
})

describe('src/nextcloud/discover', () => {
  it('finds a Nextcloud below a path, from a page of it, without credentials', async () => {
    const port = await serve(nextcloud('/cloud'))
    expect(await discover(`http://ann:secret@127.0.0.1:${port}/cloud/index.php/apps/files`, { http })).toEqual({ base: `http://127.0.0.1:${port}/cloud`, version: '32.0.1', major: 32 })
    expect(asked).toEqual(['GET /cloud/status.php anonymous'])
  })

  it('tries HTTPS and then HTTP on this machine, and the parents of a path', async () => {
    const port = await serve(nextcloud())
    expect(await discover(`127.0.0.1:${port}/some/page`, { http })).toMatchObject({ base: `http://127.0.0.1:${port}` })
  })

  it('follows redirects on the same host', async () => {
    const port = await serve((request, response) => {
      if (request.url === '/status.php') response.writeHead(302, { location: '/deeper/status.php' }).end()
      else nextcloud('/deeper')(request, response)
    })
    expect(await discover(`http://127.0.0.1:${port}`, { http })).toMatchObject({ base: `http://127.0.0.1:${port}/deeper` })
  })

  it('says where another host would take it, and asks nothing there', async () => {
    const other = await serve(nextcloud())
    const port = await serve((_request, response) => response.writeHead(301, { location: `http://localhost:${other}/status.php` }).end())
    const error = await failureOf(discover(`http://127.0.0.1:${port}`, { http }))
    expect(error).toMatchObject({ code: 'bad-input', data: { redirect: `http://localhost:${other}` } })
    expect(error.message).toContain(`localhost:${other}`)
    expect(asked).toEqual(['GET /status.php anonymous'])
  })

  it.each([
    ['a redirect to a page', (response: Parameters<RequestListener>[1]) => response.writeHead(302, { location: '/portal/login' }).end()],
    ['a redirect without end', (response: Parameters<RequestListener>[1]) => response.writeHead(302, { location: '/status.php' }).end()],
    ['a web page', (response: Parameters<RequestListener>[1]) => response.writeHead(200).end('<html>Hello</html>')],
    ['other JSON', (response: Parameters<RequestListener>[1]) => response.writeHead(200).end('{"status":"ok"}')],
    ['nothing there', (response: Parameters<RequestListener>[1]) => response.writeHead(404).end()],
  ])('takes %s for no Nextcloud', async (_title, answer) => {
    const port = await serve((_request, response) => answer(response))
    expect(await failureOf(discover(`http://127.0.0.1:${port}`, { http }))).toMatchObject({ code: 'bad-input', message: `no Nextcloud answers at 127.0.0.1:${port}` })
  })

  it.each([
    ['an old release', { version: '24.0.12.1', versionstring: '24.0.12' }, 'bad-input', /24\.0\.12.*25 or later/],
    ['ownCloud', { productname: 'ownCloud', version: '10.15.0.1', versionstring: '10.15.0' }, 'bad-input', /ownCloud/],
    ['maintenance', { maintenance: true }, 'remote-failed', /in maintenance/],
    ['an upgrade that waits', { needsDbUpgrade: true }, 'remote-failed', /in maintenance/],
    ['a fresh tree', { installed: false }, 'bad-input', /not installed/],
  ])('refuses %s', async (_title, parts, code, says) => {
    const port = await serve(nextcloud('', parts))
    const error = await failureOf(discover(`http://127.0.0.1:${port}`, { http }))
    expect(error).toMatchObject({ code, message: expect.stringMatching(says) as string, retryable: code === 'remote-failed' })
  })

  it('tells a server that is out of order from one that is no Nextcloud', async () => {
    const port = await serve((request, response) => response.writeHead(request.url?.startsWith('/nc') === true ? 503 : 502, request.url?.startsWith('/nc') === true ? { 'x-nextcloud-maintenance-mode': '1' } : {}).end())
    expect(await failureOf(discover(`http://127.0.0.1:${port}`, { http }))).toMatchObject({ code: 'remote-failed', retryable: true, data: { status: 502 } })
    expect((await failureOf(discover(`http://127.0.0.1:${port}/nc`, { http }))).message).toContain('in maintenance')
  })

  it('says that nothing answers', async () => {
    expect(await failureOf(discover('http://127.0.0.1:9', { http }))).toMatchObject({ code: 'remote-failed', retryable: true, message: expect.stringContaining('no web server answers') as string })
    expect(await failureOf(discover('nothing-here.invalid', { http }))).toMatchObject({ code: 'remote-failed', message: 'there is no server named nothing-here.invalid' })
  })

  it('refuses plain HTTP to what is not this machine or its network, unless allowed', async () => {
    const error = await failureOf(discover('http://nothing-here.invalid', { http }))
    expect(error).toMatchObject({ code: 'bad-input', message: expect.stringContaining('plain HTTP') as string })
    expect(error.next.join(' ')).toContain('--allow-http')
    expect(await failureOf(discover('http://nothing-here.invalid', { http, allowPlainHttp: true }))).toMatchObject({ message: 'there is no server named nothing-here.invalid' })
  })

  it('refuses private addresses where they are not allowed, by number and by name', async () => {
    const port = await serve(nextcloud())
    using outside = new HttpClient({ privateAddresses: false })
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]']) {
      expect(await failureOf(discover(`http://${host}:${port}`, { http: outside }))).toMatchObject({ code: 'refused', message: expect.stringContaining('own network') as string })
    }
    expect(asked).toEqual([])
  })

  it('explains a certificate that nobody vouches for, and sends nothing', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'chaton-certificate-'))
    const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')]
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate], { stdio: 'ignore' })
    const port = await serve(nextcloud(), (answer) => createSecureServer({ key: readFileSync(key), cert: readFileSync(certificate) }, answer))
    rmSync(directory, { recursive: true })
    const error = await failureOf(discover(`127.0.0.1:${port}`, { http }))
    expect(error).toMatchObject({ code: 'remote-failed', retryable: false, data: { certificate: 'DEPTH_ZERO_SELF_SIGNED_CERT' } })
    expect(error.message).toContain('signed by itself')
    expect(error.next.join(' ')).toContain('NODE_EXTRA_CA_CERTS')
    expect(asked).toEqual([])
  })
})
