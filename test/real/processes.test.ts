import { readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { Agent, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { HostSpace } from '../../src/engine/host/names.ts'
import { masterOf } from '../../src/engine/host/processes/master.ts'
import { smallMachine, type SmallMachine } from './support/small-release.ts'

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | number>>
  readonly body?: string
  readonly agent?: Agent
}

/** Sends the path as it is: `fetch` would tidy it. */
async function ask(port: number, path: string, { method = 'GET', headers = {}, body, agent }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port, path, method, headers, timeout: 30_000, ...(agent ? { agent } : {}) }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') }))
    })
    sent.on('timeout', () => sent.destroy(new Error(`no answer: ${method} ${path}`)))
    sent.on('error', reject)
    sent.end(body)
  })
}

interface Told {
  readonly script: string
  readonly path: string
  readonly uri: string
  readonly bytes: number
  readonly user: number
  readonly front: string
  readonly config: string
  readonly path_seen: string
  readonly ini: Readonly<Record<string, string>>
}

const told = (answer: Answer): Told => JSON.parse(answer.text) as Told
const portOf = (space: HostSpace): number => space.target.port ?? 0

/**
 * One request on a connection that may have served before. A server may close such a connection while the next request
 * is on its way; RFC 9112, section 9.3.1, has clients send it again, as browsers and sync clients do. A connection of
 * its own is never tried twice.
 */
async function askAsClientsDo(port: number, path: string, agent: Agent | undefined): Promise<number> {
  for (;;) {
    const sent = httpRequest({ host: '127.0.0.1', port, path, timeout: 30_000, agent: agent ?? false })
    const result = await new Promise<number | Error>((resolve) => {
      sent.on('error', resolve)
      sent.on('timeout', () => sent.destroy(new Error('no answer')))
      sent.on('response', (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0)).on('error', () => resolve(-1))
      })
      sent.end()
    })
    if (typeof result === 'number') return result
    if (!sent.reusedSocket) throw result
  }
}

/** Keeps `width` requests under way until `work` has ended, half of them on connections of their own. */
async function underLoad(port: number, path: string, width: number, work: () => Promise<void>): Promise<{ answered: number; failures: string[] }> {
  const agent = new Agent({ keepAlive: true, maxSockets: width })
  let answered = 0
  const failures: string[] = []
  const load = { going: true }
  const client = async (mine: Agent | undefined): Promise<void> => {
    while (load.going) {
      try {
        const status = await askAsClientsDo(port, path, mine)
        if (status === 200) answered += 1
        else failures.push(`status ${status}`)
      } catch (error) {
        failures.push(String(error))
      }
    }
  }
  const clients = Array.from({ length: width }, async (_, index) => client(index % 2 === 0 ? agent : undefined))
  try {
    await work()
  } finally {
    load.going = false
    await Promise.all(clients)
    agent.destroy()
  }
  return { answered, failures }
}

describe('processes of a space', () => {
  let machine: SmallMachine
  let space: HostSpace

  beforeAll(async () => {
    machine = await smallMachine()
    space = await machine.space('first', { workers: 6 })
    await machine.processes.ensure(space)
    await machine.sites.ensure(space, 'live')
  })

  afterAll(async () => {
    await machine?.dispose()
  })

  const master = async (of: HostSpace = space): Promise<number> => (await masterOf(join(of.paths.processes, 'php-fpm.conf'), of.owner.uid))?.pid ?? 0

  it('run under the user of the space with limits that a script cannot lift', async () => {
    const { user, config, path_seen: path, ini } = told(await ask(portOf(space), '/status.php'))

    expect(user).toBe(space.owner.uid)
    expect(config).toBe(space.paths.config)
    expect(path).toBe('/usr/local/bin:/usr/bin:/bin')
    expect(ini).toMatchObject({
      memory_limit: String(space.target.php.memoryBytes),
      post_max_size: String(space.target.php.uploadMaxBytes),
      upload_max_filesize: String(space.target.php.uploadMaxBytes),
      max_execution_time: '3600',
      output_buffering: '0',
      'user_ini.filename': '',
      'opcache.validate_permission': '1',
      'opcache.validate_root': '1',
      'opcache.restrict_api': machine.release,
      'session.save_path': space.paths.temporary,
      upload_tmp_dir: space.paths.temporary,
      sys_temp_dir: space.paths.temporary,
      'apc.shm_size': '32M',
    })
    expect(ini['open_basedir']).toContain(`${space.data}/`)
    expect(ini['disable_functions']).toContain('proc_open')
  })

  it('are left alone when nothing changed, reloaded when a limit did, started when gone', async () => {
    const before = await master()
    expect(await machine.processes.ensure(space)).toEqual({ changed: false })

    const larger = { ...space, target: { ...space.target, php: { ...space.target.php, memoryBytes: 300_000_000 } } }
    expect(await machine.processes.ensure(larger)).toEqual({ changed: true, note: 'reloaded' })
    expect(await machine.processes.ensure(larger)).toEqual({ changed: false })
    await vi.waitUntil(async () => (await master()) === before)
    await vi.waitUntil(async () => told(await ask(portOf(space), '/status.php')).ini['memory_limit'] === '300000000')

    expect(await machine.processes.ensure(space)).toEqual({ changed: true, note: 'reloaded' })
    process.kill(before, 'SIGKILL')
    await vi.waitUntil(async () => !(await machine.processes.isRunning(space)))
    expect(await machine.processes.ensure(space)).toEqual({ changed: true, note: 'started' })
    expect(await master()).not.toBe(before)
    expect((await ask(portOf(space), '/status.php')).status).toBe(200)
  })

  it('drop no request when a limit changes under load', async () => {
    const { answered, failures } = await underLoad(portOf(space), '/status.php?sleep=0.02', 4, async () => {
      for (const workers of [5, 6, 7, 6]) {
        await machine.processes.ensure({ ...space, target: { ...space.target, php: { ...space.target.php, workers } } })
        await sleep(300)
      }
    })
    expect(failures).toEqual([])
    expect(answered).toBeGreaterThan(50)
  })

  it('rest: give their memory back when idle, and not while they work', async () => {
    const hungry = await machine.space('hungry')
    await machine.processes.ensure(hungry)
    await machine.sites.ensure(hungry, 'live')
    const state = async (): Promise<number> => (await masterOf(join(hungry.paths.processes, 'php-fpm.conf'), hungry.owner.uid))?.residentBytes ?? 0
    expect(await machine.processes.rest(hungry)).toBe(false)
    expect((await ask(portOf(hungry), '/status.php?keep=20')).status).toBe(200)
    const fed = await state()
    expect(fed).toBeGreaterThan(24 * 1024 * 1024)
    const busy = ask(portOf(hungry), '/status.php?sleep=1')
    await sleep(200)
    expect(await machine.processes.rest(hungry)).toBe(false)
    expect((await busy).status).toBe(200)
    const pid = await master(hungry)

    await vi.waitUntil(async () => machine.processes.rest(hungry))

    await vi.waitUntil(async () => (await state()) < fed - 10 * 1024 * 1024)
    await vi.waitUntil(async () => (await master(hungry)) === pid)
    expect((await ask(portOf(hungry), '/status.php')).status).toBe(200)
  })

  it('answer 502 while they are stopped, and again when they run', async () => {
    await machine.processes.stop(space)
    expect(await readdir(space.paths.run)).toEqual([])
    expect(await machine.processes.isRunning(space)).toBe(false)
    expect((await ask(portOf(space), '/status.php')).status).toBe(502)
    await machine.processes.ensure(space)
    expect((await ask(portOf(space), '/status.php')).status).toBe(200)
  })

  it('are waited for while they restart', async () => {
    await machine.processes.stop(space)
    const waiting = ask(portOf(space), '/status.php')
    await sleep(200)
    await machine.processes.ensure(space)
    expect((await waiting).status).toBe(200)
  })
})

describe('the site of a space', () => {
  let machine: SmallMachine
  let space: HostSpace
  let port: number

  beforeAll(async () => {
    machine = await smallMachine()
    space = await machine.space('site', { uploadMaxBytes: 1_000_000, workers: 8 })
    port = portOf(space)
    await machine.processes.ensure(space)
    await machine.sites.ensure(space, 'live')
  })

  afterAll(async () => {
    await machine?.dispose()
  })

  it.each([
    ['/', '/index.php', '/'],
    ['/login?x=1', '/index.php', '/login'],
    ['/remote.php/dav/files/a/b.php/c%20d', '/remote.php', '/dav/files/a/b.php/c d'],
    ['/ocs/v2.php/cloud/capabilities', '/ocs/v2.php', '/cloud/capabilities'],
    ['/version.php', '/index.php', '/version.php'],
    ['/apps/x/evil.php', '/index.php', '/apps/x/evil.php'],
  ])('hands %s to %s', async (asked, script, path) => {
    const answer = told(await ask(port, asked))
    expect(answer).toMatchObject({ script, path, uri: asked, front: 'true' })
  })

  it.each(['/config/config.sample.php', '//config/config.sample.php', '/config%2fconfig.sample.php', '/CONFIG/config.sample.php', '/x/../config/config.sample.php', '/lib/a.js', '/.user.ini', '/cron.php', '/occ', '/console.php', '/data/x', '/3rdparty/x', '/db_structure.xml', '/README'])(
    'hides %s',
    async (asked) => {
      const { status, text } = await ask(port, asked)
      expect([asked, status, text]).toEqual([asked, 404, ''])
    },
  )

  it('serves files itself, to be kept', async () => {
    const css = await ask(port, '/core/css/a.css?v=1', { headers: { 'Accept-Encoding': 'gzip' } })
    expect(css.headers).toMatchObject({ 'content-encoding': 'gzip', 'cache-control': 'max-age=15778463, immutable', 'x-content-type-options': 'nosniff' })
    expect((await ask(port, '/core/img/a.svg')).headers['cache-control']).toBe('max-age=15778463')
  })

  it('says where calendars and contacts are', async () => {
    for (const path of ['/.well-known/carddav', '/.well-known/caldav/']) expect(await ask(port, path)).toMatchObject({ status: 301, headers: { location: '/remote.php/dav/' } })
    expect((await ask(port, '/.well-known/webfinger?r=1')).headers['location']).toBe('/index.php/.well-known/webfinger?r=1')
  })

  it('keeps itself out of frames, search engines and referrers', async () => {
    const { headers } = await ask(port, '/index.php/apps/files')
    expect(headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'x-frame-options': 'SAMEORIGIN', 'x-robots-tag': 'noindex, nofollow', 'x-content-type-options': 'nosniff' })
    expect(headers).not.toHaveProperty('strict-transport-security')
    expect(headers).not.toHaveProperty('x-powered-by')
    expect((await ask(port, '/login')).headers['referrer-policy']).toBe('same-origin')
  })

  it('takes uploads up to the limit, and refuses one whose length nobody says', async () => {
    expect(told(await ask(port, '/remote.php/dav/f', { method: 'PUT', body: 'x'.repeat(999_999) })).bytes).toBe(999_999)
    expect((await ask(port, '/remote.php/dav/f', { method: 'PUT', body: 'x'.repeat(1_000_001) })).status).toBe(413)
    expect((await ask(port, '/remote.php/dav/f', { method: 'PUT', body: 'x', headers: { 'Transfer-Encoding': 'chunked' } })).status).toBe(411)
    expect(told(await ask(port, '/remote.php/dav/f', { method: 'PUT', headers: { 'Content-Length': 0 } })).bytes).toBe(0)
    expect((await ask(port, '/remote.php/dav/f', { method: 'PROPFIND' })).status).toBe(200)
  })

  it('shows why while it is suspended, to programs too, and comes back', async () => {
    await machine.sites.ensure(space, 'suspended')
    expect(await machine.sites.mode(space.names.id)).toBe('suspended')
    for (const asked of [ask(port, '/'), ask(port, '/status.php'), ask(port, '/remote.php/dav/f', { method: 'PUT', body: 'x' }), ask(port, '/core/img/a.svg')]) {
      const { status, headers, text } = await asked
      expect(status).toBe(503)
      expect(headers['retry-after']).toBe('3600')
      expect(text).toContain('Cet espace est suspendu')
      expect(text).toContain('https://help.example.org')
    }
    await machine.sites.ensure(space, 'live')
    expect(await machine.sites.mode(space.names.id)).toBe('live')
    expect((await ask(port, '/status.php')).status).toBe(200)
  })

  it('loses no request while thirty sites come and go, and finishes a long one', async () => {
    const others = await machine.spaces(30)
    const long = ask(port, '/status.php?sleep=3')
    const times: number[] = []
    const { answered, failures } = await underLoad(port, '/status.php', 4, async () => {
      for (const other of others) {
        const start = performance.now()
        await machine.sites.ensure(other, 'suspended')
        times.push(performance.now() - start)
        expect((await ask(portOf(other), '/')).status).toBe(503)
      }
      expect(await machine.sites.list()).toHaveLength(31)
      for (const other of others.slice(1)) await machine.sites.remove(other.names.id)
    })
    console.log(`${answered} requests during 60 changes; a change took ${times[0]?.toFixed(0)} ms at first and ${times.at(-1)?.toFixed(0)} ms with 31 sites`)
    expect(failures).toEqual([])
    expect(answered).toBeGreaterThan(100)
    expect((await long).status).toBe(200)
    expect(await machine.sites.list()).toHaveLength(2)
    await expect(ask(portOf(others[29] ?? space), '/')).rejects.toThrow(/ECONNREFUSED/)
  })

  it('does nothing the second time', async () => {
    expect(await machine.sites.ensure(space, 'live')).toEqual({ changed: false })
    await machine.sites.remove('ch-never-000000')
  })

  it('is made by two runs at once, each with its own, and both serve', async () => {
    const pair = await machine.spaces(2)
    await Promise.all(pair.map(async (one) => machine.newSites().ensure(one, 'suspended')))
    for (const one of pair) expect((await ask(portOf(one), '/')).status).toBe(503)
  })

  it('stays as it was when Caddy refuses a file, and the refused one is gone', async () => {
    const broken = join(machine.state, 'caddy/sites/hoster.caddy')
    await writeFile(broken, 'http://:1 {\n no_such_directive\n}\n')
    const late = await machine.space('late')
    await expect(machine.sites.ensure(late, 'suspended')).rejects.toThrow(/no_such_directive/)
    expect(await machine.sites.mode(late.names.id)).toBeUndefined()
    expect((await ask(port, '/status.php')).status).toBe(200)
    await rm(broken)
    await machine.sites.ensure(late, 'suspended')
    expect((await ask(portOf(late), '/')).status).toBe(503)
  })

  it('is served again from its file after Caddy was killed', async () => {
    const [, stat] = (await readFile(join(machine.state, 'units/caddy.pid'), 'utf8')).split('\n')
    process.kill(Number(stat?.split(' ')[0]), 'SIGKILL')
    await vi.waitUntil(async () => !(await machine.supervisor.isRunning('caddy')))
    expect((await machine.sites.ensure(space, 'live')).changed).toBe(true)
    expect((await ask(port, '/status.php')).status).toBe(200)
  })
})

describe('a site with HTTPS by the internal authority', () => {
  it('speaks TLS under its own name, promises it for the future, and sends plain visitors there', async () => {
    const machine = await smallMachine('internal')
    try {
      const space = await machine.space('secure')
      await machine.processes.ensure(space)
      await machine.sites.ensure(space, 'live')
      expect(machine.sites.url(space)).toBe('https://secure.chaton.test')
      const { domain } = space.target

      const headers = await vi.waitFor(
        async () =>
          new Promise<Readonly<Record<string, unknown>>>((resolve, reject) => {
            const options = { host: '127.0.0.1', port: machine.ports.https, path: '/status.php', servername: domain, headers: { Host: domain }, rejectUnauthorized: false }
            httpsRequest(options, (response) => resolve({ status: response.statusCode, ...response.headers })).on('error', reject).end()
          }),
        { timeout: 10_000 },
      )

      expect(headers).toMatchObject({ status: 200, 'strict-transport-security': 'max-age=15552000' })
      const plain = await ask(machine.ports.http, '/x', { headers: { Host: domain } })
      expect([301, 308]).toContain(plain.status)
      expect(plain.headers['location']).toMatch(/^https:\/\/secure\.chaton\.test/)
    } finally {
      await machine.dispose()
    }
  })
})
