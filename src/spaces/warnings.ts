import type { Account, SpaceTarget } from '../engine/contract.ts'
import type { Space, UsageStatus } from '../model/space.ts'
import { updateWithRetry, type Stored } from '../store/contract.ts'
import type { SpacesContext } from './context.ts'
import { recipientsOf, type Notify } from './notify.ts'
import { percentUsed } from './usage.ts'

export const thresholds = [80, 90, 100] as const
export type Threshold = (typeof thresholds)[number]

/** A threshold is armed again when use has fallen this many points below it. */
const hysteresisPoints = 5

export interface WarningDecision {
  /** The highest threshold that counts as told from now on. */
  readonly warnedPercent: number
  /** The one mail to send, if any: only the highest threshold that was passed. */
  readonly warn: Threshold | undefined
}

/** Which warning is due. Pure. Each threshold is told once, until use falls five points below it. */
export function decideWarning(percent: number, warnedPercent: number): WarningDecision {
  const reached = thresholds.findLast((threshold) => percent >= threshold)
  if (reached !== undefined && reached > warnedPercent) return { warnedPercent: reached, warn: reached }
  const stillTold = thresholds.findLast((threshold) => threshold <= warnedPercent && percent > threshold - hysteresisPoints)
  return { warnedPercent: stillTold ?? 0, warn: undefined }
}

/** The same for the same warning of the same episode, so that a mail sent again after a crash keeps its Message-ID. Pure. */
export function warningKey({ percent, since }: NonNullable<UsageStatus['warning']>): string {
  return `pool-${percent}-${Date.parse(since).toString(36)}`
}

export interface WarningInput {
  readonly target: SpaceTarget
  readonly usage: UsageStatus
  readonly accounts: readonly Account[]
  readonly notify: Notify
}

/**
 * Tells the administrators that the pool passed a threshold: recorded as due, then mailed, then recorded as sent. A run
 * that was killed in between, or whose mail server was down, sends the same mail again. Answers the threshold told.
 */
export async function ensureWarned(context: SpacesContext, space: Stored<Space>, input: WarningInput): Promise<Threshold | undefined> {
  const stored = await context.store.get('Space', space.metadata.name)
  const known = stored?.status?.usage
  if (!known) return undefined
  const { warnedPercent, warn } = decideWarning(percentUsed(input.usage), known.warnedPercent)
  if (warn === undefined && warnedPercent !== known.warnedPercent) await recordTold(context, space, { warnedPercent })
  if (warn === undefined) return await tellUnsent(context, space, known, input)
  const unsent = known.warning?.percent === warn && known.warning.sentAt === undefined ? known.warning : undefined
  const warning = unsent ?? { percent: warn, since: context.clock.now().toISOString() }
  if (!unsent) await recordTold(context, space, { warning })
  await tell(context, space, warning, input)
  return warn
}

/** A warning that was recorded as due, is not sent, and still says the truth. */
async function tellUnsent(context: SpacesContext, space: Stored<Space>, known: UsageStatus, input: WarningInput): Promise<Threshold | undefined> {
  const { warning } = known
  const percent = thresholds.find((threshold) => threshold === warning?.percent)
  if (warning === undefined || warning.sentAt !== undefined || percent === undefined || percentUsed(input.usage) < percent) return undefined
  await tell(context, space, warning, input)
  return percent
}

async function tell(
  context: SpacesContext,
  space: Stored<Space>,
  warning: NonNullable<UsageStatus['warning']>,
  { target, usage, accounts, notify }: WarningInput,
): Promise<void> {
  const percent = thresholds.find((threshold) => threshold === warning.percent) ?? 100
  await notify(target, { kind: 'pool-warning', key: warningKey(warning), percent, usage }, recipientsOf(target, accounts))
  const sentAt = context.clock.now().toISOString()
  await recordTold(context, space, { warnedPercent: warning.percent, warning: { ...warning, sentAt } })
}

async function recordTold(
  context: SpacesContext,
  space: Stored<Space>,
  told: Partial<Pick<UsageStatus, 'warnedPercent' | 'warning'>>,
): Promise<void> {
  await updateWithRetry(context.store, 'Space', space.metadata.name, (current) => {
    const { status } = current
    return status?.usage === undefined ? current : { ...current, status: { ...status, usage: { ...status.usage, ...told } } }
  })
}
