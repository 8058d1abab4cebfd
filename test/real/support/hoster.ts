import { join } from 'node:path'
import type { Config } from '../../../src/config/options.ts'
import type { Credentials } from '../../../src/engine/contract.ts'
import { caddySites } from '../../../src/engine/host/sites/index.ts'
import { systemClock } from '../../../src/kit/clock.ts'
import { lockFile } from '../../../src/kit/lock.ts'
import { silentLogger } from '../../../src/kit/log.ts'
import { createMemoryMailer, type MemoryMailer } from '../../../src/mail/memory/index.ts'
import type { Plan } from '../../../src/model/plan.ts'
import type { Space } from '../../../src/model/space.ts'
import { targetOfStored, type SpacesContext } from '../../../src/spaces/context.ts'
import { provision } from '../../../src/spaces/provision.ts'
import type { Stored } from '../../../src/store/contract.ts'
import { memoryStore } from '../../../src/store/memory/index.ts'
import { aPlan, aSpace } from '../../support/builders.ts'
import { openLab, type Lab } from './host.ts'

/** The services over a real host engine: records and mails in memory, all else as it runs for people. */
export interface Hoster extends AsyncDisposable {
  readonly lab: Lab
  readonly context: SpacesContext
  readonly mailer: MemoryMailer
  /** Provisions a space of a plan of its own. */
  provision(slug: string, release: string, plan: Partial<Plan['spec']>): Promise<void>
  space(slug: string): Promise<Stored<Space>>
  /** Creates accounts; answers a sign-in for each. */
  accounts(slug: string, userIds: readonly string[]): Promise<Credentials[]>
}

const firstPort = 31_000

export async function openHoster(settings: Partial<Config> = {}): Promise<Hoster> {
  const lab = await openLab({ webFirstPort: firstPort, overCommit: 100, ...settings }, { sites: (supervisor, config) => caddySites({ config, supervisor, clock: systemClock }) })
  const { store, journal } = memoryStore(systemClock)
  const mailer = createMemoryMailer()
  const context: SpacesContext = {
    config: lab.config,
    store,
    journal,
    mailer,
    secrets: lab.secrets,
    engine: lab.engine,
    clock: systemClock,
    logger: silentLogger,
    lock: async (slug) => await lockFile(join(lab.config.stateDirectory, 'locks', `${slug}.lock`), `the space "${slug}"`),
  }
  const space = async (slug: string): Promise<Stored<Space>> => {
    const stored = await store.get('Space', slug)
    if (stored === undefined) throw new Error(`no space ${slug}`)
    return stored
  }
  const targetOf = async (slug: string): ReturnType<typeof targetOfStored> => await targetOfStored(context, await space(slug))
  return {
    lab,
    context,
    mailer,
    space,
    async provision(slug, release, plan) {
      await store.create('Plan', aPlan(slug, { apps: { enable: [], disable: [], hide: [] }, ...plan }))
      await provision(context, aSpace({ name: slug, spec: { plan: slug, release } }), { dryRun: false, progress: () => {} })
    },
    async accounts(slug, userIds) {
      const target = await targetOf(slug)
      const made: Credentials[] = []
      for (const userId of userIds) {
        await lab.engine.invite(target, { userId, displayName: userId, email: `${userId}@jardin.example`, locale: 'fr' })
        made.push(await lab.engine.createAppPassword(target, userId, 'test'))
      }
      return made
    },
    async [Symbol.asyncDispose]() {
      for (const { metadata } of await store.list('Space')) await lab.engine.remove(await targetOf(metadata.name))
      await lab[Symbol.asyncDispose]()
    },
  }
}
