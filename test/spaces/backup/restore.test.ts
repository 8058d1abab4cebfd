import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { defaultsFor } from '../../../src/config/defaults.ts'
import type { Engine, Finding, SpaceTarget } from '../../../src/engine/contract.ts'
import { ChatonError } from '../../../src/kit/errors.ts'
import { silentLogger } from '../../../src/kit/log.ts'
import type { SecretStore } from '../../../src/kit/secrets.ts'
import { backupSpace, listBackups } from '../../../src/spaces/backup/backup.ts'
import { restoreSpace } from '../../../src/spaces/backup/restore.ts'
import type { SpacesContext } from '../../../src/spaces/context.ts'
import { memoryStore } from '../../../src/store/memory/index.ts'
import { aPlan, aSpace } from '../../support/builders.ts'
import { failureOf } from '../../support/failures.ts'
import { FakeClock } from '../fake-space.ts'

/** An engine whose spaces are entries of a map. */
class MapEngine {
  readonly spaces = new Map<string, 'running' | 'suspended'>()
  readonly calls: string[] = []
  failing: { readonly at: string; readonly error: Error } | undefined
  findings: readonly Finding[] = []

  asEngine(name: Engine['name'] = 'host'): Engine {
    const told = (call: string, target: SpaceTarget): void => {
      this.calls.push(`${call} ${target.slug}`)
      if (this.failing?.at === call) throw this.failing.error
    }
    const part: Partial<Engine> = {
      name,
      sandbox: false,
      releases: async () => await Promise.resolve(['32.0.1']),
      preflight: async () => await Promise.resolve(this.findings),
      address: ({ slug }) => ({ url: `http://127.0.0.1/${slug}` }),
      backup: async (target, into) => {
        told('backup', target)
        mkdirSync(join(into, 'data'))
        writeFileSync(join(into, 'data/file.txt'), 'contents')
        await Promise.resolve()
      },
      restore: async (target) => {
        this.spaces.set(target.uid, 'running')
        told('restore', target)
        await Promise.resolve()
      },
      remove: async (target) => {
        told('remove', target)
        this.spaces.delete(target.uid)
        await Promise.resolve()
      },
      suspend: async (target) => {
        this.spaces.set(target.uid, 'suspended')
        await Promise.resolve()
      },
      ensureLimits: async (target) => {
        told('limits', target)
        return await Promise.resolve({ changed: false })
      },
      ensureSite: async () => await Promise.resolve({ changed: false }),
      health: async () => await Promise.resolve([{ name: 'status.php', ok: this.failing?.at !== 'health', milliseconds: 1 }]),
      accounts: async () => await Promise.resolve([]),
      usage: async () => await Promise.resolve({ accounts: [], appDataBytes: 0, totalBytes: 0, exact: true }),
    }
    return part as Engine
  }
}

let work: string
let clock: FakeClock
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'chaton-restore-'))
  clock = new FakeClock()
})
afterEach(() => rmSync(work, { recursive: true, force: true }))

const progress = (): void => {}

function place(name: string): { context: SpacesContext; engine: MapEngine } {
  const engine = new MapEngine()
  const secrets: Partial<SecretStore> = { deleteAll: async () => await Promise.resolve() }
  const context = {
    config: { ...defaultsFor(join(work, name)), webFirstPort: 1 },
    ...memoryStore(clock),
    engine: engine.asEngine(),
    clock,
    logger: silentLogger,
    secrets,
    mailer: undefined as never,
    lock: async () => await Promise.resolve({ release: async () => {}, [Symbol.asyncDispose]: async () => {} }),
  } as unknown as SpacesContext
  return { context, engine }
}

const ready = { phase: 'Ready' as const, conditions: [], url: 'http://127.0.0.1/jardin-partage', release: '32.0.1', administrator: 'admin' }

async function backedUp(spec: Parameters<typeof aSpace>[0] = {}): Promise<string> {
  const { context } = place('a')
  await context.store.create('Plan', aPlan())
  await context.store.create('Space', aSpace({ status: ready, ...spec }))
  return (await backupSpace(context, 'jardin-partage')).directory
}

describe('a backup', () => {
  test('is whole, listed, and lies where its slug and time say', async () => {
    const directory = await backedUp()

    expect(directory).toBe(join(work, 'a/backups/jardin-partage/2026-03-01T12-00-00.000Z'))
    expect(readdirSync(directory).toSorted()).toEqual(['backup.json', 'checksums.sha256', 'data'])
    expect(readFileSync(join(directory, 'checksums.sha256'), 'utf8')).toMatch(/ {2}data\/file\.txt\n[0-9a-f]{64} {2}backup\.json\n$/)
    expect(await listBackups({ config: defaultsFor(join(work, 'a')) })).toMatchObject([{ directory, slug: 'jardin-partage', bytes: 8 }])
  })

  test('of a space that was never ready is refused: it would be no whole one', async () => {
    const failure = await failureOf(backedUp({ status: { phase: 'Failed', conditions: [] } }))

    expect(failure).toMatchObject({ code: 'bad-input', message: expect.stringContaining('not finished yet (phase Failed)') })
    expect(existsSync(join(work, 'a/backups'))).toBe(false)
  })

  test('that fails leaves nothing, and sweeps away what a killed one left', async () => {
    const { context, engine } = place('a')
    await context.store.create('Plan', aPlan())
    await context.store.create('Space', aSpace({ status: ready }))
    const folder = join(work, 'a/backups/jardin-partage')
    mkdirSync(join(folder, '2026-01-01T00-00-00Z.partial/data'), { recursive: true })
    engine.failing = { at: 'backup', error: new ChatonError('remote-failed', 'no dump') }

    expect(await failureOf(backupSpace(context, 'jardin-partage'))).toMatchObject({ message: 'no dump' })
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('a restore', () => {
  test('makes the space with its release and spec, the plan too where there is none, and takes away its mark', async () => {
    const from = await backedUp()
    const { context, engine } = place('b')

    const { space } = await restoreSpace(context, { from, dryRun: false, progress })

    expect(space.spec).toEqual(aSpace().spec)
    expect(space.status).toMatchObject({ phase: 'Ready', release: '32.0.1', url: 'http://127.0.0.1/jardin-partage' })
    expect(space.status).not.toHaveProperty('restore')
    expect((await context.store.list('Plan')).map(({ metadata }) => metadata.name)).toEqual(['collective'])
    expect([...engine.spaces.values()]).toEqual(['running'])
  })

  test('keeps a suspended space suspended', async () => {
    const from = await backedUp({ spec: { suspended: true }, status: { ...ready, phase: 'Suspended' } })
    const { context, engine } = place('b')

    const { space } = await restoreSpace(context, { from, dryRun: false, progress })

    expect([space.status?.phase, ...engine.spaces.values()]).toEqual(['Suspended', 'suspended'])
  })

  test('uses the plan of its place where there is one of that name', async () => {
    const from = await backedUp()
    const { context } = place('b')
    await context.store.create('Plan', aPlan('collective', { storage: '60 GB' }))

    const { space } = await restoreSpace(context, { from, dryRun: false, progress })

    expect(space.status?.usage?.poolBytes).toBe(60e9)
  })

  test('only says what it would do', async () => {
    const from = await backedUp()
    const { context, engine } = place('b')

    expect(await restoreSpace(context, { from, slug: 'bis', dryRun: true, progress })).toMatchObject({ dryRun: true, space: { metadata: { name: 'bis' } } })
    expect([await context.store.list('Space'), await context.store.list('Plan'), engine.calls]).toEqual([[], [], []])
  })

  test.each(['data/file.txt', 'backup.json', 'checksums.sha256'])('of a backup with a flipped byte in %s makes nothing', async (name) => {
    const from = await backedUp()
    const bytes = readFileSync(join(from, name))
    const at = name === 'backup.json' ? bytes.indexOf('jardin', bytes.indexOf('"title"')) : 3
    bytes[at] = (bytes[at] ?? 0) ^ 1
    writeFileSync(join(from, name), bytes)
    const { context, engine } = place('b')

    expect(await failureOf(restoreSpace(context, { from, dryRun: false, progress }))).toMatchObject({ code: 'unhealthy' })
    expect([await context.store.list('Space'), engine.calls]).toEqual([[], []])
  })

  test('of a space of another engine is refused', async () => {
    const from = await backedUp()
    const { context, engine } = place('b')
    const other = { ...context, engine: engine.asEngine('sandbox') }

    expect(await failureOf(restoreSpace(other, { from, dryRun: false, progress }))).toMatchObject({ code: 'bad-input', next: [expect.stringContaining('--engine host')] })
  })

  test('on a machine that is not ready makes nothing', async () => {
    const from = await backedUp()
    const { context, engine } = place('b')
    engine.findings = [{ code: 'release-missing', severity: 'error', message: 'no such release', fix: 'add it' }]

    expect(await failureOf(restoreSpace(context, { from, dryRun: false, progress }))).toMatchObject({ code: 'bad-input', next: ['add it'] })
    expect([await context.store.list('Space'), await context.store.list('Plan'), engine.calls]).toEqual([[], [], []])
  })

  test('that the engine cannot take in is undone, with the plan that came with it', async () => {
    const from = await backedUp()
    const { context, engine } = place('b')
    engine.failing = { at: 'restore', error: new ChatonError('remote-failed', 'bad dump') }

    const failure = await failureOf(restoreSpace(context, { from, dryRun: false, progress }))

    expect(failure).toMatchObject({ code: 'remote-failed', message: 'step "restore": bad dump', next: [expect.stringContaining('nothing of it was kept')] })
    expect([await context.store.list('Space'), await context.store.list('Plan'), engine.spaces.size]).toEqual([[], [], 0])
    expect(await context.journal.read('space/jardin-partage')).toEqual([])
  })

  test('whose space is not healthy keeps it to be looked at, and starts over when it is run again', async () => {
    const from = await backedUp()
    const { context, engine } = place('b')
    engine.failing = { at: 'health', error: new Error('unused') }

    const failure = await failureOf(restoreSpace(context, { from, dryRun: false, progress }))
    expect(failure).toMatchObject({ code: 'unhealthy', next: expect.arrayContaining([expect.stringContaining(`chaton space restore ${from} --as jardin-partage`)]) })
    const [failed] = await context.store.list('Space')
    expect(failed?.status).toMatchObject({ phase: 'Failed', restore: { from } })

    engine.failing = undefined
    engine.calls.length = 0
    const { space } = await restoreSpace(context, { from, dryRun: false, progress })
    expect([space.metadata.uid, space.status?.phase]).toEqual([failed?.metadata.uid, 'Ready'])
    expect(engine.calls.slice(0, 2)).toEqual(['remove jardin-partage', 'restore jardin-partage'])
  })

  test('does not touch a space that stands, nor the remains of the restore of another backup', async () => {
    const from = await backedUp()
    const { context, engine } = place('b')
    await context.store.create('Plan', aPlan())
    await context.store.create('Space', aSpace({ status: ready }))
    const half = { phase: 'Provisioning' as const, conditions: [], restore: { from: '/other', uid: 'x', createdAt: '2026-01-01T00:00:00Z' } }
    await context.store.create('Space', aSpace({ name: 'bis', status: half }))

    expect(await failureOf(restoreSpace(context, { from, dryRun: false, progress }))).toMatchObject({ code: 'conflict', next: [expect.stringContaining('--as'), expect.any(String)] })
    expect(await failureOf(restoreSpace(context, { from, slug: 'bis', dryRun: false, progress }))).toMatchObject({ code: 'conflict', next: [expect.stringContaining('restore /other --as bis'), expect.any(String)] })
    expect(engine.calls).toEqual([])
  })
})
