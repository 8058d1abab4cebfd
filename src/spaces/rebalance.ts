import type { Account, SpaceTarget } from '../engine/contract.ts'
import { withCondition } from '../model/metadata.ts'
import type { Space, UsageStatus } from '../model/space.ts'
import { updateWithRetry, type Stored } from '../store/contract.ts'
import { requirePlan, targetOfStored, type SpacesContext } from './context.ts'
import { decideQuotas, reserveFor, type QuotaDecision } from './quota.ts'
import { observe, percentUsed, poolCondition, summarise, type Activity } from './usage.ts'

/** A recorded figure may be older than this only if it is still right to a thousandth of the pool. */
const recordAtLeastEveryMs = 60_000

export interface Rebalanced {
  /** How many quotas were written. */
  readonly written: number
  readonly decision: QuotaDecision
  readonly usage: UsageStatus
  readonly activity: Activity
}

export interface RebalanceOptions {
  /** What the last look left behind; without it nobody counts as busy. */
  readonly before?: Activity | undefined
  readonly target?: SpaceTarget
  /** Accounts, if they were just read. */
  readonly accounts?: readonly Account[]
  readonly overCommitment?: number
  /** Only decide: `written` then counts what would be. */
  readonly dryRun?: boolean
}

/**
 * Measures a space, decides its account quotas and writes those that differ. Records figures and the condition
 * `PoolWithinLimit` in its status. Repeatable; where nothing changed, nothing is written.
 */
export async function rebalance(context: SpacesContext, space: Stored<Space>, options: RebalanceOptions = {}): Promise<Rebalanced> {
  const { engine, clock } = context
  const target = options.target ?? (await targetOfStored(context, space))
  const overCommitment = options.overCommitment ?? (await requirePlan(context.store, space.spec.plan)).spec.pool.overCommitment
  const [measured, accounts] = await Promise.all([engine.usage(target), options.accounts ?? engine.accounts(target)])
  const now = clock.now()
  const activity = observe(options.before, measured, now)
  const decision = decideQuotas({
    poolBytes: target.poolBytes,
    reserveBytes: reserveFor(target.poolBytes),
    overCommitment,
    usage: measured,
    accounts,
    growth: activity.growth,
    churnBytes: activity.churnBytes,
  })
  const usage = summarise({ usage: measured, accounts, poolBytes: target.poolBytes, before: space.status?.usage, now })
  if (options.dryRun) return { written: decision.changes.size, decision, usage, activity }
  const written = decision.changes.size === 0 ? 0 : await engine.setQuotas(target, decision.changes)
  await record(context, space, usage)
  return { written, decision, usage, activity }
}

/** Pure: do these figures say something new? */
export function isNews(usage: UsageStatus, before: UsageStatus | undefined): boolean {
  if (before === undefined) return true
  const same = (['poolBytes', 'usedBytes', 'filesBytes', 'versionsBytes', 'trashBytes', 'otherBytes', 'accounts'] as const).every(
    (field) => usage[field] === before[field],
  )
  if (same) return false
  const near = Math.abs(usage.usedBytes - before.usedBytes) < usage.poolBytes / 1000
  const young = Date.parse(usage.measuredAt) - Date.parse(before.measuredAt) < recordAtLeastEveryMs
  const alike = usage.poolBytes === before.poolBytes && usage.accounts === before.accounts && percentUsed(usage) === percentUsed(before)
  return !(near && young && alike)
}

async function record(context: SpacesContext, space: Stored<Space>, usage: UsageStatus): Promise<void> {
  if (!isNews(usage, space.status?.usage)) return
  const now = context.clock.now()
  await updateWithRetry(context.store, 'Space', space.metadata.name, (current) => {
    const { status } = current
    const { warnedPercent = 0, warning } = status?.usage ?? {}
    const told = { warnedPercent, ...(warning === undefined ? {} : { warning }) }
    const conditions = withCondition(status?.conditions ?? [], poolCondition(usage), now)
    return { ...current, status: { phase: 'Ready', ...status, conditions, usage: { ...usage, ...told } } }
  })
}
