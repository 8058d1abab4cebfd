import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { registerSecret } from '../../src/kit/mask.ts'
import type { Plan } from '../../src/model/plan.ts'
import type { Kind } from '../../src/model/resources.ts'
import type { Space } from '../../src/model/space.ts'
import { updateWithRetry, type Journal, type Store, type WatchEvent } from '../../src/store/contract.ts'
import { failureOf } from '../support/failures.ts'

export interface OpenStore {
  readonly store: Store
  readonly journal: Journal
}

export function plan(name: string, storage = '40 GB'): Plan {
  return {
    apiVersion: 'chaton.hosting/v1alpha1',
    kind: 'Plan',
    metadata: { name },
    spec: {
      title: { fr: 'Collectif', en: 'Collective' },
      storage,
      accounts: 50,
      office: ['collabora'],
      apps: { enable: [], disable: [], hide: [] },
      pool: { overCommitment: 1 },
      php: { workers: 6, memory: '512 MiB', uploadMax: '16 GB' },
    },
  }
}

export function space(name: string, more: Partial<Space['spec']> & { port?: number } = {}): Space {
  const { port, ...spec } = more
  return {
    apiVersion: 'chaton.hosting/v1alpha1',
    kind: 'Space',
    metadata: { name },
    spec: {
      title: 'Le jardin partagé',
      plan: 'collective',
      owner: { name: 'Camille Martin', email: 'camille@jardin.example', locale: 'fr' },
      suspended: false,
      ...spec,
    },
    ...(port === undefined ? {} : { status: { phase: 'Pending', conditions: [], port } }),
  }
}

/** Takes the next `count` events, or fails after five seconds. */
export async function take<K extends Kind>(events: AsyncIterator<WatchEvent<K>>, count: number): Promise<string[]> {
  const lines: string[] = []
  while (lines.length < count) {
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error(`no event for 5 s after: ${lines.join(', ')}`)), 5000).unref()
    })
    const next = await Promise.race([events.next(), late])
    if (next.done) throw new Error(`the watch ended after: ${lines.join(', ')}`)
    lines.push(`${next.value.type} ${next.value.resource.metadata.name} ${next.value.resource.metadata.generation}`)
  }
  return lines
}

/** The promise of src/store/contract.ts; every implementation passes it. `open` gives an empty store. */
export function describeStore(name: string, open: () => Promise<OpenStore>): void {
  describe(`store: ${name}`, () => {
    let store: Store
    let journal: Journal
    beforeEach(async () => {
      ;({ store, journal } = await open())
    })
    afterEach(async () => {
      await store[Symbol.asyncDispose]()
    })
    describeRecords(() => store)
    describeUniqueKeys(() => store)
    describeWatch(() => store)
    describeJournal(() => journal)
  })
}

function describeRecords(current: () => Store): void {
  describe('records', () => {
    it('gives a new resource its identity, and reads it back', async () => {
      const created = await current().create('Plan', plan('collective'))

      expect(created.metadata).toMatchObject({ name: 'collective', generation: 1 })
      expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
      expect(new Date(created.metadata.creationTimestamp).toISOString()).toBe(created.metadata.creationTimestamp)
      expect(created.spec).toEqual(plan('collective').spec)
      expect(await current().get('Plan', 'collective')).toEqual(created)
    })

    it('answers undefined for what is not there, by name and by kind', async () => {
      await current().create('Plan', plan('jardin'))

      expect(await current().get('Plan', 'other')).toBeUndefined()
      expect(await current().get('Space', 'jardin')).toBeUndefined()
      expect(await current().list('Space')).toEqual([])
    })

    it('refuses a name that is taken, and keeps the first', async () => {
      const first = await current().create('Plan', plan('collective', '40 GB'))
      const error = await failureOf(current().create('Plan', plan('collective', '50 GB')))

      expect(error).toMatchObject({ code: 'conflict', retryable: false, message: 'there is already a Plan named "collective"' })
      expect(await current().get('Plan', 'collective')).toEqual(first)
    })

    it('gives one of two creations at once', async () => {
      const results = await Promise.allSettled([1, 2, 3, 4].map(() => current().create('Space', space('jardin'))))

      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected'])
      expect(await current().list('Space')).toHaveLength(1)
    })

    it('ignores identity that a new resource brings along', async () => {
      const before = await current().create('Space', space('jardin'))
      await current().delete('Space', 'jardin')
      const again = await current().create('Space', before)

      expect(again.metadata.uid).not.toBe(before.metadata.uid)
      expect(again.metadata.resourceVersion).not.toBe(before.metadata.resourceVersion)
      expect(again.metadata.generation).toBe(1)
    })

    it('replaces only what is still at the version that was read', async () => {
      const read = await current().create('Plan', plan('collective'))
      const second = await current().update('Plan', { ...read, spec: { ...read.spec, accounts: 60 } })
      const error = await failureOf(current().update('Plan', { ...read, spec: { ...read.spec, accounts: 70 } }))

      expect(second.metadata.resourceVersion).not.toBe(read.metadata.resourceVersion)
      expect(error).toMatchObject({ code: 'conflict', retryable: true })
      expect((await current().get('Plan', 'collective'))?.spec.accounts).toBe(60)
    })

    it('refuses to update what was deleted, also when the name is used again', async () => {
      const read = await current().create('Space', space('jardin'))
      await current().delete('Space', 'jardin')
      expect(await failureOf(current().update('Space', read))).toMatchObject({ code: 'not-found' })

      await current().create('Space', space('jardin', { title: 'Un autre jardin' }))
      expect(await failureOf(current().update('Space', read))).toMatchObject({ code: 'conflict' })
      expect((await current().get('Space', 'jardin'))?.spec.title).toBe('Un autre jardin')
    })

    it('counts changes of spec, not of status, labels or the order of fields', async () => {
      const created = await current().create('Space', space('jardin'))
      const { plan, ...rest } = created.spec
      const status = await current().update('Space', { ...created, status: { phase: 'Ready', conditions: [] } })
      const reordered = await current().update('Space', { ...status, spec: { ...rest, plan } })
      const labelled = await current().update('Space', { ...reordered, metadata: { ...reordered.metadata, labels: { a: 'b' } } })
      const changed = await current().update('Space', { ...labelled, spec: { ...labelled.spec, plan: 'collective-50' } })

      expect([status, reordered, labelled, changed].map(({ metadata }) => metadata.generation)).toEqual([1, 1, 1, 2])
      expect(changed.metadata.labels).toEqual({ a: 'b' })
    })

    it('keeps identity and creation time whatever an update says', async () => {
      const created = await current().create('Space', space('jardin'))
      const forged = { ...created.metadata, uid: 'forged', generation: 40, creationTimestamp: '2001-01-01T00:00:00.000Z' }
      const updated = await current().update('Space', { ...created, metadata: forged })

      expect(updated.metadata).toEqual({ ...created.metadata, resourceVersion: updated.metadata.resourceVersion })
    })

    it('removes a field that an update leaves out', async () => {
      const created = await current().create('Space', space('jardin', { domain: 'nuage.jardin.example' }))
      const { domain: _, ...spec } = created.spec
      await current().update('Space', { ...created, spec })

      expect((await current().get('Space', 'jardin'))?.spec).not.toHaveProperty('domain')
    })

    it('deletes, with a version only if unchanged, and says whether there was something', async () => {
      const created = await current().create('Space', space('jardin'))
      const updated = await current().update('Space', created)

      expect(await failureOf(current().delete('Space', 'jardin', created.metadata.resourceVersion))).toMatchObject({ code: 'conflict' })
      expect(await current().get('Space', 'jardin')).toBeDefined()
      expect(await current().delete('Space', 'jardin', updated.metadata.resourceVersion)).toBe(true)
      expect(await current().delete('Space', 'jardin')).toBe(false)
      expect(await current().get('Space', 'jardin')).toBeUndefined()
    })

    it('hands out copies', async () => {
      const given = space('jardin')
      const created = await current().create('Space', given)
      given.spec.title = 'changed after create'
      created.spec.title = 'changed in the answer'
      const got = await current().get('Space', 'jardin')
      if (got) got.spec.title = 'changed in what was read'
      const [listed] = await current().list('Space')
      if (listed) listed.spec.owner.name = 'changed in the list'

      const last = await current().get('Space', 'jardin')
      expect(last?.spec).toMatchObject({ title: 'Le jardin partagé', owner: { name: 'Camille Martin' } })
    })

    it('sorts lists by name', async () => {
      for (const slug of ['b', 'a-2', 'a10', 'zebre', 'a']) await current().create('Space', space(slug))

      expect((await current().list('Space')).map(({ metadata }) => metadata.name)).toEqual(['a', 'a-2', 'a10', 'b', 'zebre'])
    })

    it.each(['Été à la plage', "o'brien; DROP TABLE resources", '100%_"quoted"', '日本語 🐱', '../../etc/passwd', 'a\nb', '\ud83d', 'a\u0000', 'x'.repeat(64)])(
      'refuses a plan by the name %j, and finds none',
      async (name) => {
        await expect(current().create('Plan', plan(name))).rejects.toMatchObject({ code: 'bug' })

        expect(await current().get('Plan', name)).toBeUndefined()
        expect(await current().delete('Plan', name)).toBe(false)
        expect(await current().list('Plan')).toEqual([])
      },
    )

    it('keeps values of any script as they are', async () => {
      const title = 'مرحبا \u0000 \ud83d\udc31 e\u0301 "\\" \u2028 </script>'
      await current().create('Space', space('jardin', { title }))

      expect((await current().get('Space', 'jardin'))?.spec.title).toBe(title)
    })

    it.each([
      ['an unknown field', { ...space('jardin'), extra: 1 }],
      ['a wrong value', space('jardin', { plan: '' })],
      ['a reserved name', space('admin')],
      ['another kind', plan('jardin') as unknown as Space],
    ])('calls %s a bug and keeps nothing', async (_, value) => {
      expect(await failureOf(current().create('Space', value))).toMatchObject({ code: 'bug' })
      expect(await current().list('Space')).toEqual([])
    })

    it.each(['\ud800', 'a\0b'])('refuses the name %j, which not every store can keep', async (name) => {
      expect(await failureOf(current().create('Plan', plan(name)))).toMatchObject({ code: 'bug' })
    })

    it('refuses an update that is not valid and keeps what was there', async () => {
      const created = await current().create('Space', space('jardin'))
      const error = await failureOf(current().update('Space', { ...created, spec: { ...created.spec, plan: '' } }))

      expect(error.code).toBe('bug')
      expect(await current().get('Space', 'jardin')).toEqual(created)
    })

    it('loses no update of many at once', async () => {
      await current().create('Space', space('jardin'))
      const add = (current_: { spec: { title: string } }): string => String(Number(current_.spec.title) + 1)
      await updateWithRetry(current(), 'Space', 'jardin', (read) => ({ ...read, spec: { ...read.spec, title: '0' } }))
      await Promise.all(
        Array.from({ length: 20 }, () =>
          updateWithRetry(current(), 'Space', 'jardin', (read) => ({ ...read, spec: { ...read.spec, title: add(read) } })),
        ),
      )

      expect((await current().get('Space', 'jardin'))?.spec.title).toBe('20')
    })
  })
}

function describeUniqueKeys(current: () => Store): void {
  describe('unique keys', () => {
    const domain = 'nuage.jardin.example'

    it('refuses a second holder and says which key', async () => {
      await current().create('Space', space('jardin', { domain }))
      const error = await failureOf(current().create('Space', space('verger', { domain })))

      expect(error).toMatchObject({ code: 'conflict', retryable: false, data: { key: `domain:${domain}` } })
      expect(error.message).toBe(`the domain "${domain}" is taken by the Space "jardin"`)
      expect(await current().get('Space', 'verger')).toBeUndefined()
    })

    it('refuses an update that takes the key of another, and keeps the old keys', async () => {
      await current().create('Space', space('jardin', { domain, port: 20_001 }))
      const verger = await current().create('Space', space('verger', { port: 20_002 }))
      const error = await failureOf(current().update('Space', { ...verger, status: { phase: 'Pending', conditions: [], port: 20_001 } }))

      expect(error).toMatchObject({ code: 'conflict', retryable: false, data: { key: 'port:20001' } })
      expect(await current().get('Space', 'verger')).toEqual(verger)
      const still = await failureOf(current().create('Space', space('potager', { port: 20_002 })))
      expect(still.data).toMatchObject({ key: 'port:20002', holder: 'verger' })
    })

    it('frees a key by update and by deletion', async () => {
      const jardin = await current().create('Space', space('jardin', { domain, port: 20_001 }))
      await current().update('Space', { ...jardin, spec: { ...jardin.spec, domain: 'autre.example' } })
      await current().create('Space', space('verger', { domain }))
      await current().delete('Space', 'jardin')
      await current().create('Space', space('potager', { port: 20_001, domain: 'autre.example' }))

      expect(await current().list('Space')).toHaveLength(2)
    })

    it('lets a resource keep its own keys', async () => {
      const jardin = await current().create('Space', space('jardin', { domain }))

      expect((await current().update('Space', jardin)).spec.domain).toBe(domain)
    })

    it('gives a key to one of many at once', async () => {
      const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => current().create('Space', space(name, { port: 20_000 }))))

      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    })
  })
}

function describeWatch(current: () => Store): void {
  describe('watch', () => {
    it('tells what there is, then what is added, changed and deleted', async () => {
      const stop = new AbortController()
      await current().create('Space', space('verger'))
      const jardin = await current().create('Space', space('jardin'))
      const events = current().watch('Space', stop.signal)[Symbol.asyncIterator]()
      expect(await take(events, 2)).toEqual(['added jardin 1', 'added verger 1'])

      await current().create('Space', space('potager'))
      expect(await take(events, 1)).toEqual(['added potager 1'])
      await current().update('Space', { ...jardin, spec: { ...jardin.spec, title: 'Autre' } })
      expect(await take(events, 1)).toEqual(['modified jardin 2'])
      await current().delete('Space', 'verger')
      expect(await take(events, 1)).toEqual(['deleted verger 1'])
      stop.abort()
    })

    it('misses nothing that happens while an event is handled', async () => {
      const stop = new AbortController()
      const events = current().watch('Space', stop.signal)[Symbol.asyncIterator]()
      const jardin = await current().create('Space', space('jardin'))
      expect(await take(events, 1)).toEqual(['added jardin 1'])
      await current().update('Space', jardin)
      await current().create('Space', space('verger'))

      expect(await take(events, 2)).toEqual(['modified jardin 1', 'added verger 1'])
      stop.abort()
    })

    it('tells of a name used again as a deletion and an addition', async () => {
      const stop = new AbortController()
      await current().create('Space', space('jardin'))
      const events = current().watch('Space', stop.signal)[Symbol.asyncIterator]()
      await take(events, 1)
      await current().delete('Space', 'jardin')
      await current().create('Space', space('jardin'))

      expect(await take(events, 2)).toEqual(['deleted jardin 1', 'added jardin 1'])
      stop.abort()
    })

    it('says nothing of other kinds', async () => {
      const stop = new AbortController()
      const events = current().watch('Space', stop.signal)[Symbol.asyncIterator]()
      await current().create('Plan', plan('collective'))
      await current().create('Space', space('jardin'))

      expect(await take(events, 1)).toEqual(['added jardin 1'])
      stop.abort()
    })

    it('hands out copies', async () => {
      const stop = new AbortController()
      await current().create('Space', space('jardin'))
      for await (const { resource } of current().watch('Space', stop.signal)) {
        resource.spec.title = 'changed in the event'
        stop.abort()
      }

      expect((await current().get('Space', 'jardin'))?.spec.title).toBe('Le jardin partagé')
    })

    it.each(['before it starts', 'while it waits'])('ends when the signal aborts %s', async (when) => {
      const stop = new AbortController()
      if (when === 'before it starts') stop.abort()
      const events = current().watch('Space', stop.signal)[Symbol.asyncIterator]()
      const next = events.next()
      stop.abort()

      expect(await next).toEqual({ done: true, value: undefined })
    })

    it('ends when the store is closed', async () => {
      const events = current().watch('Space', new AbortController().signal)[Symbol.asyncIterator]()
      const next = events.next()
      await current()[Symbol.asyncDispose]()

      expect(await next).toEqual({ done: true, value: undefined })
    })
  })
}

function describeJournal(current: () => Journal): void {
  describe('journal', () => {
    const entry = { subject: 'space/jardin', run: 'r1', step: 'database', state: 'started', at: '2026-11-24T04:00:00.000Z' } as const

    it('keeps the entries of a subject in their order, until it is forgotten', async () => {
      const done = { ...entry, state: 'done', message: 'créée' } as const
      await current().record(entry)
      await current().record({ ...entry, subject: 'space/verger' })
      await current().record(done)

      expect(await current().read('space/jardin')).toEqual([entry, done])
      await current().forget('space/jardin')
      await current().forget('space/jardin')
      expect(await current().read('space/jardin')).toEqual([])
      expect(await current().read('space/verger')).toHaveLength(1)
    })

    it('masks a secret that a message brings along', async () => {
      registerSecret('correct-horse-battery')
      await current().record({ ...entry, message: 'password correct-horse-battery refused' })

      expect((await current().read('space/jardin'))[0]?.message).toBe('password ••• refused')
    })
  })
}
