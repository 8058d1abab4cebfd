import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultsFor } from '../../../src/config/defaults.ts'
import type { Config } from '../../../src/config/options.ts'
import type { SpaceTarget } from '../../../src/engine/contract.ts'
import { hostEngine, type HostEngine } from '../../../src/engine/host/host.ts'
import type { Sites, Supervisor } from '../../../src/engine/host/parts.ts'
import { systemClock, type Clock } from '../../../src/kit/clock.ts'
import { silentLogger } from '../../../src/kit/log.ts'
import { uuid } from '../../../src/kit/random.ts'
import { chooseVolumes } from '../../../src/volume/choose.ts'
import { memorySecrets } from './memory-secrets.ts'
import { releasesDirectory } from './machine.ts'

export interface Lab extends AsyncDisposable {
  readonly config: Config
  readonly engine: HostEngine
  readonly secrets: ReturnType<typeof memorySecrets>
  target(more: Partial<SpaceTarget> & { readonly release: string }): SpaceTarget
}

/** No web server: for tests that look at files and databases only. */
export const noSites = (): Sites => ({
  ensure: async () => await Promise.resolve({ changed: false }),
  remove: async () => await Promise.resolve(),
  mode: async () => await Promise.resolve('live' as const),
  url: ({ target }) => `http://127.0.0.1:${target.port}`,
  server: async ({ target }) => await Promise.resolve({ base: `http://127.0.0.1:${target.port}` }),
  list: async () => await Promise.resolve([]),
  check: async () => await Promise.resolve([]),
})

let nextPort = 28_500 + (process.pid % 500)

/** A host engine with a state directory of its own under the system's temporary directory; disposing removes all that it made. */
export async function openLab(settings: Partial<Config> = {}, options: { readonly clock?: Clock; readonly sites?: (supervisor: Supervisor, config: Config) => Sites } = {}): Promise<Lab> {
  const state = await mkdtemp(join(tmpdir(), 'chaton-lab-'))
  const config: Config = { ...defaultsFor(state), engine: 'host', releasesDirectory, volumesKind: 'directory', supervisor: 'own', ...settings }
  const { volumes } = await chooseVolumes({ kind: config.volumesKind, directory: config.volumesDirectory })
  const secrets = memorySecrets()
  const targets: SpaceTarget[] = []
  const engine = await hostEngine({
    config,
    secrets,
    clock: options.clock ?? systemClock,
    logger: silentLogger,
    volumes,
    sites: (supervisor) => options.sites?.(supervisor, config) ?? noSites(),
  })
  return {
    config,
    engine,
    secrets,
    target(more) {
      const target = { ...plainTarget(nextPort++), ...more }
      targets.push(target)
      return target
    },
    async [Symbol.asyncDispose]() {
      for (const target of targets) await engine.remove(target)
      for (const id of await engine.parts.golden.list()) await engine.parts.golden.remove(id)
      for (const unit of await engine.parts.supervisor.list()) await engine.parts.supervisor.stop(unit)
      await rm(state, { recursive: true, force: true })
    },
  }
}

function plainTarget(port: number): Omit<SpaceTarget, 'release'> {
  const uid = uuid()
  const slug = `lab-${uid.slice(0, 8)}`
  return {
    uid,
    slug,
    title: 'Le jardin partagé',
    domain: `${slug}.chaton.localhost`,
    port,
    poolBytes: 100_000_000,
    accountCap: 4,
    office: undefined,
    apps: { enable: [], disable: [], hide: [] },
    php: { workers: 4, memoryBytes: 512 * 2 ** 20, uploadMaxBytes: 2 ** 30 },
    owner: { name: 'Camille Martin', email: 'camille@jardin.example', locale: 'fr' },
    administrator: 'admin',
  }
}
