import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ask } from '../conformance/wire.ts'
import { failureOf } from '../support/failures.ts'
import { faultProxy, type Asked, type Effect, type FaultProxy, type Rule, type WholeAnswer } from '../support/fault-proxy.ts'
import { seeded } from '../support/seeded.ts'
import { betweenReleases } from './support/releases.ts'
import { hastyClock, openMover, type Mover } from './support/mover.ts'
import { openSpaces, type PersonForTest, type SpacesForTest } from './support/spaces.ts'
import { afterMove, contentOf, plantOwn, plantWhole, put, wireOf, withoutSharedTimes, type Content } from './support/whole-account.ts'

/** A proxy of ours between the mover and real servers does what bad networks, proxies and servers do. Looked at past the proxy. */

const random = seeded()
const draw = (): number => random.next()

const anything = ({ url }: Asked): boolean => url.startsWith('/remote.php/dav/')
const method = (...methods: readonly string[]) => (asked: Asked): boolean => anything(asked) && methods.includes(asked.method)
const writes = method('PUT', 'POST', 'MKCOL', 'MOVE', 'PROPPATCH')
const bulk = ({ url }: Asked): boolean => url === '/remote.php/dav/bulk'
const zip = ({ headers }: Asked): boolean => headers.accept === 'application/zip'
const lists = method('PROPFIND', 'REPORT')
const file = (name: string, ...methods: readonly string[]) => (asked: Asked): boolean => method(...methods)(asked) && asked.url.endsWith(`/${name}`)
const status = (code: number, headers: Record<string, string> = {}, body = ''): Effect => ({ kind: 'answer', status: code, headers, body })
const edit = (change: (answer: WholeAnswer) => Partial<WholeAnswer>): Effect => ({ kind: 'edit', edit: (answer) => ({ ...answer, ...change(answer) }) })

/** Ended as if it were whole. */
const truncated = edit(({ headers: { 'content-length': _length, ...headers }, body }) => ({ headers, body: body.subarray(0, Math.floor(body.length * draw())) }))
const withError = edit(({ headers: { 'content-length': _length, ...headers }, body }) => {
  const error = `<?xml version="1.0" encoding="utf-8"?>\n<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"><s:exception>TypeError</s:exception><s:message>Streamer failed</s:message></d:error>`
  return { headers, body: Buffer.concat([body.subarray(0, Math.floor(body.length * draw())), Buffer.from(error)]) }
})
const promisesLess = edit(({ headers, body }) => ({ headers: { ...headers, 'content-length': Math.max(1, Math.floor(body.length * draw())) } }))
const promisesMore = edit(({ headers, body }) => ({ headers: { ...headers, 'content-length': body.length + 1 + Math.floor(1000 * draw()) }, breaks: true }))
const otherDate = (skewMs: number): Effect => edit(({ headers, body }) => ({ headers: { ...headers, date: new Date(Date.now() + skewMs).toUTCString(), 'content-length': body.length } }))

interface Case {
  readonly title: string
  readonly source?: readonly Rule[]
  readonly destination?: readonly Rule[]
  readonly idleMs?: number
  /** Of the mover's clock. */
  readonly skewMs?: number
}

const maintenance = { 'x-nextcloud-maintenance-mode': '1', 'retry-after': '120' }
const day = 86_400_000
const twoDays = 2 * day

const cases: readonly Case[] = [
  { title: 'no fault' },
  { title: 'answers of the source cut at random bytes', source: [{ on: anything, every: 4, times: 15, effect: { kind: 'cut-answer' } }] },
  { title: 'requests to the destination cut at random bytes', destination: [{ on: writes, every: 3, times: 15, effect: { kind: 'cut-request' } }] },
  { title: 'answers of the destination cut at random bytes', destination: [{ on: anything, every: 4, times: 20, effect: { kind: 'cut-answer' } }] },
  { title: 'what the destination has done is not answered', destination: [{ on: writes, every: 2, times: 25, effect: { kind: 'cut-answer', share: 0 } }] },
  { title: 'no archive ever comes whole', source: [{ on: zip, effect: { kind: 'cut-answer' } }] },
  { title: 'no bulk upload ever comes through', destination: [{ on: bulk, effect: { kind: 'cut-request' } }] },
  { title: 'bulk uploads are done, and never answered', destination: [{ on: bulk, effect: { kind: 'cut-answer', share: 0 } }] },
  { title: 'the source stalls', source: [{ on: method('GET'), every: 2, times: 3, effect: { kind: 'stall-answer' } }, { on: lists, skip: 4, times: 1, effect: { kind: 'stall-answer' } }], idleMs: 6000 },
  { title: 'the destination stalls', destination: [{ on: writes, every: 4, times: 3, effect: { kind: 'stall-request' } }, { on: lists, every: 3, times: 2, effect: { kind: 'stall-answer' } }], idleMs: 6000 },
  { title: '423 at the destination', destination: [{ on: writes, every: 3, times: 12, effect: status(423) }] },
  { title: '429 with Retry-After, in seconds and as a date, and without', source: [{ on: anything, every: 5, times: 4, effect: status(429, { 'retry-after': '7' }) }], destination: [{ on: writes, every: 5, times: 4, effect: status(429) }, { on: lists, every: 3, times: 3, effect: status(429, { 'retry-after': new Date(Date.now() + twoDays + 30_000).toUTCString(), date: new Date(Date.now() + twoDays).toUTCString() }) }] },
  { title: '500 and 502', source: [{ on: anything, every: 5, times: 6, effect: status(502, {}, '<html>Bad Gateway</html>') }], destination: [{ on: anything, every: 4, times: 10, effect: status(500) }] },
  { title: 'maintenance of the source for a while', source: [{ on: anything, skip: 7, times: 12, effect: status(503, maintenance) }] },
  { title: 'maintenance of the destination for a while', destination: [{ on: anything, skip: 9, times: 12, effect: status(503, maintenance) }] },
  { title: '504 while the server goes on', destination: [{ on: writes, every: 3, times: 12, effect: { kind: 'late', status: 504, laterMs: 300 } }] },
  { title: '413 by a proxy that takes a megabyte', destination: [{ on: ({ bytes }) => bytes > 2 ** 20, effect: { kind: 'answer', status: 413, early: true } }] },
  { title: 'a Content-Length that is too small, or too large', source: [{ on: file('middle.bin', 'GET'), times: 1, effect: promisesLess }, { on: file('large.bin', 'GET'), times: 2, effect: promisesMore }, { on: lists, every: 3, times: 3, effect: promisesLess }], destination: [{ on: lists, every: 2, times: 3, effect: promisesMore }, { on: bulk, times: 1, effect: promisesLess }] },
  { title: 'truncated archives', source: [{ on: zip, times: 2, effect: truncated }] },
  { title: 'archives with an XML error inside and status 200', source: [{ on: zip, effect: withError }] },
  { title: 'lists cut as if they were whole', source: [{ on: lists, every: 2, times: 6, effect: truncated }], destination: [{ on: lists, every: 2, times: 4, effect: truncated }] },
  { title: 'clocks two days ahead at the source, a day behind at the mover', source: [{ on: anything, effect: otherDate(twoDays) }], destination: [{ on: anything, effect: otherDate(-day) }], skewMs: -day },
]

const suite = 'a move through faults'
betweenReleases(suite, [['32.0.1', '34.0.1']], (name, [from, to]) => {
  describe(`${suite}: ${name}, seed ${random.seed}`, () => {
    let spaces: SpacesForTest
    let source: PersonForTest
    let before: Content
    let destination: PersonForTest
    let own: Content
    let proxies: { readonly source: FaultProxy; readonly destination: FaultProxy }
    let number = 0

    beforeAll(async () => {
      console.log(`CHATON_TEST_SEED=${random.seed}`)
      spaces = await openSpaces({ firstPort: 36_300 })
      source = await (await spaces.space(from)).person('camille')
      await plantWhole(source)
      before = await contentOf(source)
    })
    afterAll(async () => await spaces[Symbol.asyncDispose]())

    beforeEach(async () => {
      number += 1
      destination = await (await spaces.space(to)).person(`new-${number}`)
      await plantOwn(destination)
      own = await contentOf(destination)
      proxies = { source: await faultProxy(source.url, draw), destination: await faultProxy(destination.url, draw) }
    })
    afterEach(async () => {
      for (const proxy of [proxies.source, proxies.destination]) await proxy[Symbol.asyncDispose]()
    })

    const moverFor = (options: Pick<Case, 'idleMs' | 'skewMs'> = {}, ends = { source, destination }): Mover =>
      openMover({
        source: { ...ends.source, url: proxies.source.url },
        destination: { ...ends.destination, url: proxies.destination.url },
        clock: hastyClock(options.skewMs),
        ...(options.idleMs === undefined ? {} : { idleMs: options.idleMs }),
      })

    /** What the destination has once no server is at work any more. */
    async function arrived(): Promise<Content> {
      await proxies.destination.settled()
      return withoutSharedTimes(await contentOf(destination))
    }

    async function carried({ source: atSource = [], destination: atDestination = [], ...options }: Omit<Case, 'title'>): Promise<object> {
      using mover = moverFor(options)
      await mover.plan()
      proxies.source.use(...atSource)
      proxies.destination.use(...atDestination)
      const began = performance.now()
      const { phase, whole, report } = await mover.run()
      console.log(`${Math.round(performance.now() - began)} ms, ${proxies.source.applied} faults at the source, ${proxies.destination.applied} at the destination`)
      expect([proxies.source.applied > 0, proxies.destination.applied > 0]).toEqual([atSource.length > 0, atDestination.length > 0])
      return { phase, whole, failed: report.kinds.filter(({ state }) => state === 'failed'), content: await arrived() }
    }

    for (const { title, ...fault } of cases) {
      it(`${title}: identical trees, nothing twice, nothing overwritten`, async () => {
        expect(await carried(fault)).toEqual({ phase: 'done', whole: true, failed: [], content: afterMove(before, own) })
      })
    }

    it('a full destination: ends with numbers and what to do; once there is room, the same again completes', async () => {
      using mover = moverFor()
      await mover.plan()
      proxies.destination.use({ on: method('PUT', 'POST'), skip: 3, effect: status(507) })

      const error = await failureOf(mover.run())

      expect(error).toMatchObject({ code: 'no-room', message: expect.stringMatching(/the destination is full: .* of 1\d\.?\d* MB have arrived and stay, .* are left/) })
      expect(error.next.join()).toMatch(/ask the new host for more room/)
      proxies.destination.use()
      expect(await mover.run()).toMatchObject({ phase: 'done', whole: true })
      expect(await arrived()).toEqual(afterMove(before, own))
    })

    for (const side of ['source', 'destination'] as const) {
      it(`an app password of the ${side} revoked in the middle: ends and says so; with another one it goes on`, async () => {
        const password = async ({ space, userId }: PersonForTest): Promise<string> => (await spaces.lab.engine.createAppPassword(space.target, userId, 'again')).password
        const ends = { source: { ...source, password: await password(source) }, destination: { ...destination, password: await password(destination) } }
        using mover = moverFor({}, ends)
        await mover.plan()
        const revoked = async (): Promise<void> => {
          const answer = await ask(wireOf(ends[side]), 'DELETE', '/ocs/v2.php/core/apppassword', { headers: { 'ocs-apirequest': 'true' } })
          expect(answer.status).toBe(200)
        }
        proxies[side].use({ on: side === 'source' ? method('GET') : writes, skip: 4, times: 1, effect: { kind: 'after', act: revoked } })

        const error = await failureOf(mover.run())

        expect(error).toMatchObject({ code: 'remote-failed', actor: 'user', message: expect.stringMatching(/401 \(the app password no longer works, or the account is disabled\)/) })
        expect(error.next.join()).toMatch(/sign in again: it goes on from here/)
        expect(await mover.run({ [side]: await password(ends[side]) })).toMatchObject({ phase: 'done', whole: true })
        expect(await arrived()).toEqual(afterMove(before, own))
      })
    }

    it('between two accounts of one server that is short of breath', async () => {
      const neighbour = await (await spaces.space(to)).person('neighbour')
      await plantWhole(neighbour)
      using mover = openMover({ source: { ...neighbour, url: proxies.destination.url }, destination: { ...destination, url: proxies.destination.url } })
      await mover.plan()
      proxies.destination.use({ on: anything, every: 6, times: 12, effect: status(502) })

      expect(await mover.run()).toMatchObject({ phase: 'done', whole: true })

      expect(proxies.destination.applied).toBe(12)
      expect(await arrived()).toEqual(afterMove(await contentOf(neighbour), own))
    })

    it('files that change while they are read arrive as they are in the end', async () => {
      const restless = await (await spaces.space(from)).person('restless')
      await plantWhole(restless)
      const writing = (...changes: readonly (readonly [string, string | Buffer<ArrayBuffer>])[]) => async (): Promise<void> => {
        for (const [path, body] of changes) expect(await put(restless, path, body, 1_650_000_000)).toBe(204)
      }
      using mover = moverFor({}, { source: restless, destination })
      await mover.plan()
      proxies.source.use(
        { on: file('large.bin', 'GET'), skip: 2, times: 1, effect: { kind: 'after', act: writing(['large.bin', Buffer.alloc(12_000_000, 'other')]) } },
        { on: file('middle.bin', 'GET'), times: 1, effect: { kind: 'after', act: writing(['middle.bin', 'short now']) } },
        { on: zip, times: 1, effect: { kind: 'after', act: writing(['odd/simple.txt', 'of another length'], ['odd/0', 'CONTENT OF 0']) } },
      )

      expect(await mover.run()).toMatchObject({ phase: 'done', whole: true })

      expect(proxies.source.applied).toBe(3)
      expect(await arrived()).toEqual(afterMove(await contentOf(restless), own))
    })
  })
})
