import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { checkHealth } from '../../src/nextcloud/health.ts'
import { readQuota } from '../../src/nextcloud/dav.ts'
import { readOwnUser, User } from '../../src/nextcloud/ocs.ts'
import { readStatus } from '../../src/nextcloud/status.ts'

interface Seen {
  readonly method: string
  readonly url: string
  readonly host: string
  readonly headers: Record<string, string | string[] | undefined>
}
type Answers = (seen: Seen, body: string) => { status: number; body?: string }

let server: Server | undefined
const seen: Seen[] = []

async function serve(answers: Answers): Promise<string> {
  seen.length = 0
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      const one = { method: request.method ?? '', url: request.url ?? '', host: request.headers.host ?? '', headers: request.headers }
      seen.push(one)
      const answer = answers(one, body)
      response.writeHead(answer.status).end(answer.body)
    })
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
afterEach(() => server?.close())

const status = JSON.stringify({ installed: true, maintenance: false, needsDbUpgrade: false, version: '32.0.1.2', versionstring: '32.0.1', productname: 'Nextcloud' })
const ocs = (data: unknown): string => JSON.stringify({ ocs: { meta: { status: 'ok', statuscode: 200, message: 'OK' }, data } })

/** A server that keeps one file; `twist` replaces single answers. */
function good(twist: (seen: Seen) => { status: number; body?: string } | undefined = () => undefined): Answers {
  let stored: string | undefined
  return (one, body) => {
    const own = twist(one)
    if (own) return own
    if (one.url.endsWith('/status.php')) return { status: 200, body: status }
    if (one.url.includes('/cloud/user')) return { status: 200, body: ocs({ id: 'Ann Real', enabled: true }) }
    if (one.method === 'PUT') {
      stored = body
      return { status: 201 }
    }
    if (one.method === 'DELETE') stored = undefined
    return stored === undefined ? { status: 204 } : { status: 200, body: stored }
  }
}
const names = ['status.php', 'sign-in', 'dav-write', 'dav-read', 'clean-up']

describe('src/nextcloud/health', () => {
  it('waits for a server that does not answer yet, as long as it was told to', async () => {
    const url = await serve(good())
    const port = Number(new URL(url).port)
    server?.closeAllConnections()
    await new Promise<void>((resolve) => server?.close(() => resolve()))
    const slept: number[] = []
    const clock = (atThird: () => void) => ({
      now: () => new Date(slept.length * 1000),
      sleep: async (milliseconds: number) => {
        slept.push(milliseconds)
        if (slept.length === 3) await new Promise<void>((resolve) => (atThird(), server?.listen(port, '127.0.0.1', resolve)))
      },
    })

    expect(await checkHealth(url, { userId: 'ann', password: 'p' }, { patienceMs: 2000, clock: clock(() => expect.fail('too patient')) })).toMatchObject([{ name: 'status.php', ok: false }])
    slept.length = 0
    expect((await checkHealth(url, { userId: 'ann', password: 'p' }, { patienceMs: 5000, clock: clock(() => {}) })).map(({ ok }) => ok)).toEqual([true, true, true, true, true])
  })

  it('passes a good server, below a path and under another host name', async () => {
    const url = await serve(good())
    const checks = await checkHealth(`${url}/cloud/`, { userId: 'ann@example.org', password: 'secret-1' }, { headers: { host: 'jardin.example.org' } })
    expect(checks.map(({ name, ok }) => [name, ok])).toEqual(names.map((name) => [name, true]))
    expect(checks.every(({ milliseconds }) => Number.isInteger(milliseconds))).toBe(true)
    expect(new Set(seen.map(({ host }) => host))).toEqual(new Set(['jardin.example.org']))
    expect(seen.map(({ method }) => method)).toEqual(['GET', 'GET', 'PUT', 'GET', 'DELETE'])
    expect(seen[2]?.url).toMatch(/^\/cloud\/remote\.php\/dav\/files\/Ann%20Real\/chaton-check-[a-z0-9]+\.txt$/)
    expect(seen[2]?.headers['if-none-match']).toBe('*')
    expect(seen[4]?.headers['x-nc-skip-trashbin']).toBe('true')
  })

  it.each([
    ['maintenance', (one: Seen) => (one.url.endsWith('status.php') ? { status: 200, body: status.replace('"maintenance":false', '"maintenance":true') } : undefined), 'status.php', 'maintenance'],
    ['another program', (one: Seen) => (one.url.endsWith('status.php') ? { status: 200, body: '<html>' } : undefined), 'status.php', 'not that of a Nextcloud'],
    ['a wrong password', (one: Seen) => (one.url.includes('cloud/user') ? { status: 401, body: ocs([]) } : undefined), 'sign-in', '401'],
    ['a full space', (one: Seen) => (one.method === 'PUT' ? { status: 507, body: '<d:error><s:message>Insufficient space</s:message></d:error>' } : undefined), 'dav-write', 'Insufficient space'],
    ['a changed file', (one: Seen) => (one.method === 'GET' && one.url.includes('remote.php') ? { status: 200, body: 'other' } : undefined), 'dav-read', 'differs'],
    ['no deletion', (one: Seen) => (one.method === 'DELETE' ? { status: 403 } : undefined), 'clean-up', '403'],
  ] as const)('finds %s', async (_title, twist, failing, says) => {
    const url = await serve(good(twist))
    const checks = await checkHealth(url, { userId: 'ann', password: 'secret-1' })
    expect(checks.filter(({ ok }) => !ok)).toMatchObject([{ name: failing, message: expect.stringContaining(says) as string }])
    expect(checks.map(({ name }) => name)).toEqual(failing === 'status.php' || failing === 'sign-in' ? names.slice(0, names.indexOf(failing) + 1) : names.filter((name) => failing !== 'dav-write' || name !== 'dav-read'))
    expect(JSON.stringify(checks)).not.toContain('secret-1')
  })

  it('tells of a server that does not answer', async () => {
    const checks = await checkHealth('http://127.0.0.1:9', { userId: 'ann', password: 'secret-1' })
    expect(checks).toMatchObject([{ name: 'status.php', ok: false, message: expect.stringContaining('no answer from') as string }])
  })
})

describe('src/nextcloud/{status,ocs,dav}', () => {
  it('reads old and sparse answers', async () => {
    const url = await serve((one) => {
      if (one.url.endsWith('status.php')) return { status: 200, body: '{"installed":true,"version":"28.0.2.5","versionstring":"28.0.2","extra":1}' }
      if (one.method === 'PROPFIND') return { status: 207, body: '<d:multistatus xmlns:d="DAV:"><d:response><d:propstat><d:prop><d:quota-used-bytes>12</d:quota-used-bytes><d:quota-available-bytes>-3</d:quota-available-bytes></d:prop></d:propstat></d:response></d:multistatus>' }
      return { status: 404, body: '' }
    })
    const ann = { base: url, user: 'ann', password: 'secret-1' }
    expect(await readStatus({ base: url })).toMatchObject({ maintenance: false, productname: 'Nextcloud' })
    expect(User.parse({ id: 'ann', quota: { quota: 'none' } })).toMatchObject({ enabled: true, groups: [], quota: { quota: 'none', used: 0 } })
    expect(User.parse({ id: 'bob', email: null, quota: [] })).toMatchObject({ email: null, quota: { used: 0 } })
    expect(await readQuota(ann, 'ann')).toEqual({ usedBytes: 12, availableBytes: undefined })
    await expect(readOwnUser(ann)).rejects.toMatchObject({ code: 'remote-failed' })
  })
})
