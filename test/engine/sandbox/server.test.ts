import { rm } from 'node:fs/promises'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Engine, SpaceTarget } from '../../../src/engine/contract.ts'
import { pathsOf, type SandboxPaths } from '../../../src/engine/sandbox/paths.ts'
import { isAlive, pidOf, processMark } from '../../../src/engine/sandbox/space/process-mark.ts'
import { SpaceDatabase } from '../../../src/engine/sandbox/space/database.ts'
import { writeSettings } from '../../../src/engine/sandbox/space/settings.ts'
import { ocs, provision, signIn, type Person } from '../../conformance/engine-steps.ts'
import { ask, exceptionOf } from '../../conformance/wire.ts'
import { sandboxForTest } from './setup.ts'

describe('sandbox server', () => {
  let engine: Engine
  let target: SpaceTarget
  let paths: SandboxPaths
  let who: Person
  let cleanup: () => Promise<void>
  const anonymous = (): { url: string; user: string; password: string } => ({ url: engine.address(target).url, user: '', password: '' })
  const form = (body: Record<string, string>) => ({ as: false as const, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(body).toString() })
  const mark = (): string => readFileSync(paths.process, 'utf8').trim()
  const kill = async (pid: string): Promise<void> => {
    process.kill(pidOf(pid), 'SIGKILL')
    while (isAlive(pid)) await delay(10)
  }

  beforeAll(async () => {
    const made = await sandboxForTest()
    engine = made.engine
    target = made.newTarget({ poolBytes: 10e6 })
    paths = pathsOf(made.directory, target)
    await provision(engine, target)
    who = await signIn(engine, target, target.administrator)
    cleanup = async () => {
      await engine.remove(target)
      await rm(made.directory, { recursive: true, force: true })
    }
  })
  afterAll(() => cleanup())

  it('is provisioned within a second or so, and listens on the loopback address only', async () => {
    const listening = readFileSync('/proc/net/tcp', 'utf8').split('\n').map((line) => line.trim().split(/\s+/))
    const port = Number(new URL(engine.address(target).url).port).toString(16).toUpperCase().padStart(4, '0')
    expect(listening.filter(([, local, , state]) => state === '0A' && local?.endsWith(`:${port}`)).map(([, local]) => local)).toEqual([`0100007F:${port}`])
  })

  it('survives kill -9: the next ensureSite has files and accounts as before', async () => {
    await who.put('kept.txt', 'kept')
    await kill(mark())
    expect(await engine.state(target)).toBe('stopped')
    expect((await engine.ensureSite(target)).changed).toBe(true)
    expect((await who.dav('GET', 'kept.txt')).text).toBe('kept')
  })

  it('never ends a stranger who has its process id', async () => {
    const own = processMark(process.pid)
    await kill(mark())
    writeFileSync(paths.process, `${process.pid}:1`)
    expect(await engine.state(target)).toBe('stopped')
    await engine.ensureSite(target)
    expect(processMark(process.pid)).toBe(own)
    expect(await engine.state(target)).toBe('running')
  })

  it('lets an invited person set a password once, and sign in', async () => {
    const { link } = await engine.invite(target, { userId: 'ann', displayName: 'Ann <b>', email: 'ann@example.org', locale: 'fr' })
    const path = new URL(link).pathname
    const page = await ask(anonymous(), 'GET', path, { as: false })
    expect(page.text).toContain('Ann &lt;b&gt;')
    const action = /action="([^"]+)"/.exec(page.text)?.[1] ?? ''
    expect((await ask(anonymous(), 'POST', action, form({ password: 'short' }))).status).toBe(400)
    expect((await ask(anonymous(), 'POST', action, form({ password: 'Une-longue-phrase' }))).status).toBe(200)
    expect((await ask(anonymous(), 'GET', path, { as: false })).status).not.toBe(200)
    expect((await ask(anonymous(), 'POST', action, form({ password: 'Another-long-one' }))).status).not.toBe(200)
    const ann = { ...who, userId: 'ann', password: 'Une-longue-phrase' }
    expect((await ocs(engine, target, ann, { method: 'GET', path: 'user' })).http).toBe(200)
    const database = new SpaceDatabase(paths.database)
    expect(JSON.stringify(database.all('SELECT * FROM accounts'))).not.toContain('longue')
    expect(JSON.stringify(database.all('SELECT * FROM tokens'))).not.toContain(who.password)
    database.close()
  })

  it('grants an app password by Login Flow v2, once', async () => {
    const { poll, login } = JSON.parse((await ask(anonymous(), 'POST', '/index.php/login/v2', { as: false, headers: { 'user-agent': 'mover <1>' } })).text) as { poll: { token: string }; login: string }
    const path = new URL(login).pathname
    expect((await ask(anonymous(), 'GET', path, { as: false })).text).toContain('mover &lt;1&gt;')
    expect((await ask(anonymous(), 'POST', path, form({ user: 'ann', password: 'wrong' }))).status).toBe(403)
    expect((await ask(anonymous(), 'POST', '/index.php/login/v2/poll', form({ token: poll.token }))).status).toBe(404)
    expect((await ask(anonymous(), 'POST', path, form({ user: 'ann', password: 'Une-longue-phrase' }))).status).toBe(200)
    const granted = await ask(anonymous(), 'POST', '/index.php/login/v2/poll', form({ token: poll.token }))
    const { loginName, appPassword } = JSON.parse(granted.text) as { loginName: string; appPassword: string }
    expect((await ocs(engine, target, { ...who, userId: loginName, password: appPassword }, { method: 'GET', path: 'user' })).http).toBe(200)
    expect((await ask(anonymous(), 'POST', '/index.php/login/v2/poll', form({ token: poll.token }))).status).toBe(404)
  })

  it('says that it is a sandbox', async () => {
    const home = await ask(anonymous(), 'GET', '/', { as: false })
    expect(home.text).toContain('bac à sable')
    expect(home.text).toContain('not a Nextcloud')
    expect(home.headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  it.each(['/remote.php/dav/files/camille/..%2f..%2f..%2fescape.txt', '/remote.php/dav/files/camille/%2e%2e/escape.txt', '/remote.php/dav/files/camille/a%00b.txt'])('stays in its folder: %s', async (path) => {
    const status = await raw(engine, `PUT ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Basic ${Buffer.from(`${who.userId}:${who.password}`).toString('base64')}\r\ncontent-length: 1\r\nconnection: close\r\n\r\nx`, target)
    expect(status).toMatch(/^HTTP\/1\.1 400 /)
    expect(JSON.stringify(readdirSync(paths.root, { recursive: true }))).not.toContain('escape')
  })

  it('keeps nothing of an upload that breaks off', async () => {
    const before = (await engine.usage(target)).totalBytes
    const answer = await raw(engine, `PUT /remote.php/dav/files/camille/cut.txt HTTP/1.1\r\nhost: x\r\nauthorization: Basic ${Buffer.from(`${who.userId}:${who.password}`).toString('base64')}\r\ncontent-length: 100\r\n\r\nonly this`, target)
    expect(answer).toMatch(/^(HTTP\/1\.1 400 |$)/)
    expect((await who.dav('HEAD', 'cut.txt')).status).toBe(404)
    expect((await engine.usage(target)).totalBytes).toBe(before)
    await expect.poll(() => readdirSync(join(paths.root, 'tmp'))).toEqual([])
  })

  it('refuses documents with entities of their own', async () => {
    const bomb = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "b">]><d:propfind xmlns:d="DAV:"><d:prop><d:getetag/></d:prop></d:propfind>'
    const answer = await who.dav('PROPFIND', '', { body: bomb, headers: { depth: '0' } })
    expect([answer.status, exceptionOf(answer)]).toEqual([400, 'BadRequest'])
  })

  it('never goes above the pool, with ten uploads at once, and goes on when it is emptied', async () => {
    const statuses = await Promise.all(Array.from({ length: 10 }, (_, index) => who.put(`p${index}.bin`, Buffer.alloc(2_000_000))))
    expect(statuses.filter((status) => status === 201).length).toBe(4)
    expect(statuses.filter((status) => status === 507).length).toBe(6)
    expect((await engine.usage(target)).totalBytes).toBeLessThanOrEqual(10e6)
    const written = statuses.indexOf(201)
    expect((await who.dav('DELETE', `p${written}.bin`)).status).toBe(204)
    expect(await who.put('again.bin', Buffer.alloc(2_000_000))).toBe(507)
    expect((await ask({ url: engine.address(target).url, user: who.userId, password: who.password }, 'DELETE', `/remote.php/dav/trashbin/${who.userId}/trash/`)).status).toBe(204)
    expect(await who.put('again.bin', Buffer.alloc(2_000_000))).toBe(201)
  })

  it('writes nothing while it is copied, and goes on when the copier has died', async () => {
    const database = new SpaceDatabase(paths.database)
    writeSettings(database, { frozenBy: processMark(process.pid) ?? '' })
    expect(await who.put('frozen.txt', 'x')).toBe(503)
    expect((await who.dav('GET', 'kept.txt')).status).toBe(200)
    writeSettings(database, { frozenBy: `${process.pid}:1` })
    expect(await who.put('frozen.txt', 'x')).toBe(201)
    database.close()
  })

  it('tells people of a suspended space when to come back', async () => {
    await engine.suspend(target)
    const page = await ask(anonymous(), 'GET', '/', { as: false })
    expect([page.status, page.headers.get('retry-after')]).toEqual([503, '3600'])
    expect(page.text).toContain('suspendu')
    await engine.resume(target)
  })

  it('has no occ, and says so', async () => {
    await expect(engine.occ(target, ['status'])).rejects.toMatchObject({ code: 'machine-not-ready' })
  })
})

/** One exchange by hand, the sending side closed at its end; what came back. */
function raw(engine: Engine, text: string, target: SpaceTarget): Promise<string> {
  const { port } = new URL(engine.address(target).url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.end(text))
    let answer = ''
    socket.on('data', (part: Buffer) => (answer += part.toString('latin1')))
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}
