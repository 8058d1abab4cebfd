import type { Config } from '../config/options.ts'
import type { Engine, SpaceTarget } from '../engine/contract.ts'
import type { Clock } from '../kit/clock.ts'
import { ChatonError } from '../kit/errors.ts'
import type { Lock } from '../kit/lock.ts'
import type { Logger } from '../kit/log.ts'
import type { SecretStore } from '../kit/secrets.ts'
import { nearest } from '../kit/suggest.ts'
import type { Mailer } from '../mail/contract.ts'
import type { Plan } from '../model/plan.ts'
import type { Space } from '../model/space.ts'
import type { Journal, Store, Stored } from '../store/contract.ts'
import { targetOf } from './desired.ts'

/** What the services of spaces work with; made by the wiring, or by a test. */
export interface SpacesContext {
  readonly config: Config
  readonly store: Store
  readonly journal: Journal
  readonly secrets: SecretStore
  readonly engine: Engine
  readonly mailer: Mailer
  readonly clock: Clock
  readonly logger: Logger
  /** Takes the lock of one slug between processes; throws `conflict` when another run holds it. */
  lock(slug: string): Promise<Lock>
}

export async function requireSpace(store: Store, slug: string): Promise<Stored<Space>> {
  const space = await store.get('Space', slug)
  if (space) return space
  const names = (await store.list('Space')).map((entry) => entry.metadata.name)
  const near = nearest(slug, names)
  throw new ChatonError('not-found', `there is no space named "${slug}"${near === undefined ? '' : `; did you mean "${near}"?`}`, {
    next: ['chaton space list shows all spaces'],
  })
}

/** The stored plan; where there is none, throws `code` with the nearest name. */
export async function requirePlan(store: Store, name: string, code: 'not-found' | 'bad-input' = 'not-found'): Promise<Stored<Plan>> {
  const plan = await store.get('Plan', name)
  if (plan) return plan
  const names = (await store.list('Plan')).map((entry) => entry.metadata.name)
  const near = nearest(name, names)
  const known = names.length === 0 ? 'there are no plans yet' : `there are: ${names.join(', ')}`
  throw new ChatonError(code, `there is no plan named "${name}"; ${near === undefined ? known : `did you mean "${near}"?`}`, {
    next: ['chaton plan list shows all plans', 'chaton plan apply <file> adds one'],
  })
}

/** The target of a stored space, with its plan read from the store. */
export async function targetOfStored(context: SpacesContext, space: Stored<Space>): Promise<SpaceTarget> {
  const plan = await requirePlan(context.store, space.spec.plan)
  return targetOf({ space, plan, config: context.config, releases: await context.engine.releases() })
}
