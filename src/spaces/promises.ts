import type { Config } from '../config/options.ts'
import type { SpaceTarget } from '../engine/contract.ts'
import type { Store } from '../store/contract.ts'
import { targetOf } from './desired.ts'

export interface Promises {
  /** Sum of the pools of all spaces. */
  readonly promisedBytes: number
  readonly targets: readonly SpaceTarget[]
}

/** What is promised to all spaces there are. A space whose plan is gone is left out of the sum, not of the machine. */
export async function promisesOf(options: { readonly store: Store; readonly config: Config; readonly releases: readonly string[] }): Promise<Promises> {
  const { store, config, releases } = options
  const [spaces, plans] = await Promise.all([store.list('Space'), store.list('Plan')])
  const byName = new Map(plans.map((plan) => [plan.metadata.name, plan]))
  const targets = spaces.flatMap((space) => {
    const plan = byName.get(space.spec.plan)
    return plan === undefined ? [] : [targetOf({ space, plan, config, releases })]
  })
  return { targets, promisedBytes: targets.reduce((sum, { poolBytes }) => sum + poolBytes, 0) }
}
