import type { Plan } from '../model/plan.ts'
import { bytesOf } from '../model/size.ts'
import type { Space } from '../model/space.ts'

/** Sum of the pools of all these spaces, in bytes. A space whose plan is gone adds nothing. Pure. */
export function promisedBytes(spaces: readonly Space[], plans: readonly Plan[]): number {
  const pools = new Map(plans.map(({ metadata, spec }) => [metadata.name, bytesOf(spec.storage)]))
  return spaces.reduce((sum, { spec }) => sum + (pools.get(spec.plan) ?? 0), 0)
}
