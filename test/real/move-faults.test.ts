import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { faultProxy, type Asked, type Effect, type FaultProxy, type Rule, type WholeAnswer } from '../support/fault-proxy.ts'
import { seeded } from '../support/seeded.ts'
import { betweenReleases } from './support/releases.ts'
import { hastyClock, openMover, type Mover } from './support/mover.ts'
import { openSpaces, type PersonForTest, type SpacesForTest } from './support/spaces.ts'
import { afterMove, contentOf, plantOwn, plantWhole, withoutSharedTimes, type Content } from './support/whole-account.ts'

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
  { title: '413 by a proxy that takes a megabyte', destination: [{ on: ({ bytes }) => bytes > 2 ** 20, effect: status(413) }] },
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

    const moverFor = (options: Pick<Case, 'idleMs' | 'skewMs'> = {}, of = source): Mover =>
      openMover({
        source: { ...of, url: proxies.source.url },
        destination: { ...destination, url: proxies.destination.url },
        clock: hastyClock(options.skewMs),
        ...(options.idleMs === undefined ? {} : { idleMs: options.idleMs }),
      })

    async function expectMoved(): Promise<void> {
      await proxies.destination.settled()
      const after = await contentOf(destination)
      expect(withoutSharedTimes(after)).toEqual(afterMove(before, own))
    }

    for (const { title, ...rest } of cases) it(`${title}: identical trees, nothing twice, nothing overwritten`, async () => await expectSame(rest))

    async function expectSame({ source: atSource = [], destination: atDestination = [], ...options }: Omit<Case, 'title'>): Promise<void> {
      using mover = moverFor(options)
      await mover.plan()
      proxies.source.use(...atSource)
      proxies.destination.use(...atDestination)

      const began = performance.now()
      const result = await mover.run()

      console.log(`${Math.round(performance.now() - began)} ms, ${proxies.source.applied} faults at the source, ${proxies.destination.applied} at the destination`)
      expect(proxies.source.applied > 0).toBe(atSource.length > 0)
      expect(proxies.destination.applied > 0).toBe(atDestination.length > 0)
      expect(result.report.kinds.map((kind) => ({ ...kind, name: kind.name })).filter(({ state }) => state === 'failed')).toEqual([])
      await expectMoved()
      expect(result).toMatchObject({ phase: 'done', whole: true })
    }
  })
})
