import type { Account, SpaceTarget, SpaceUsage } from '../engine/contract.ts'
import type { Condition } from '../model/metadata.ts'
import { formatSize } from '../kit/bytes.ts'
import type { Space, UsageStatus } from '../model/space.ts'
import type { Stored } from '../store/contract.ts'
import { targetOfStored, type SpacesContext } from './context.ts'
import { reserveFor, totalBytesOf } from './quota.ts'

/** How long it takes until an account that stopped writing counts half. */
const growthHalfLifeMs = 3_600_000
/** Churn foretells the next seconds only. */
const churnHalfLifeMs = 2000
const leastChurn = 65_536

/** What is remembered of a space between two looks, in memory only. */
export interface Activity {
  readonly at: number
  readonly filesBytes: ReadonlyMap<string, number>
  /** Bytes each account wrote of late, fading. */
  readonly growth: ReadonlyMap<string, number>
  /** Everything that no quota counts: trash, versions, previews, uploads, blocks and metadata. */
  readonly uncountedBytes: number
  readonly churnBytes: number
}

/** What is known after one more look. Pure. */
export function observe(before: Activity | undefined, usage: SpaceUsage, now: Date): Activity {
  const at = now.getTime()
  const filesBytes = new Map(usage.accounts.map((account) => [account.userId, account.filesBytes]))
  const uncountedBytes = totalBytesOf(usage) - usage.accounts.reduce((sum, account) => sum + account.filesBytes, 0)
  if (!before) return { at, filesBytes, growth: new Map(), uncountedBytes, churnBytes: 0 }
  const passed = Math.max(0, at - before.at)
  const growth = new Map(
    [...filesBytes].flatMap(([userId, bytes]) => {
      const faded = (before.growth.get(userId) ?? 0) * 2 ** (-passed / growthHalfLifeMs)
      const grown = faded + Math.max(0, bytes - (before.filesBytes.get(userId) ?? 0))
      return grown < 1 ? [] : [[userId, grown] as const]
    }),
  )
  const churn = Math.max(uncountedBytes - before.uncountedBytes, Math.floor(before.churnBytes * 2 ** (-passed / churnHalfLifeMs)))
  return { at, filesBytes, growth, uncountedBytes, churnBytes: churn < leastChurn ? 0 : churn }
}

/** The figures for `status.usage`; what was told to the administrators is carried on. Pure. */
export function summarise(input: {
  readonly usage: SpaceUsage
  readonly accounts: readonly Pick<Account, 'enabled'>[]
  readonly poolBytes: number
  readonly before: UsageStatus | undefined
  readonly now: Date
}): UsageStatus {
  const { usage, accounts, poolBytes, before, now } = input
  const sum = (part: 'filesBytes' | 'versionsBytes' | 'trashBytes'): number => usage.accounts.reduce((total, account) => total + account[part], 0)
  const [usedBytes, filesBytes, versionsBytes, trashBytes] = [totalBytesOf(usage), sum('filesBytes'), sum('versionsBytes'), sum('trashBytes')]
  return {
    poolBytes,
    usedBytes,
    filesBytes,
    versionsBytes,
    trashBytes,
    otherBytes: Math.max(0, usedBytes - filesBytes - versionsBytes - trashBytes),
    accounts: accounts.filter(({ enabled }) => enabled).length,
    measuredAt: now.toISOString(),
    warnedPercent: before?.warnedPercent ?? 0,
    ...(before?.warning === undefined ? {} : { warning: before.warning }),
  }
}

/** With less than this part of the pool left, the share of each account is too small for most files. */
const hardlyAnything = 0.03

/** How full a pool is for its people, 0 to 100 and above: the reserve is not theirs. 100 as soon as hardly anything fits. Pure. */
export function percentUsed({ usedBytes, poolBytes }: Pick<UsageStatus, 'usedBytes' | 'poolBytes'>): number {
  const usable = poolBytes - reserveFor(poolBytes)
  if (usedBytes >= usable - poolBytes * hardlyAnything) return Math.max(100, Math.floor((usedBytes / Math.max(1, poolBytes)) * 100))
  return Math.floor((usedBytes / usable) * 100)
}

/** Pure. */
export function poolCondition(usage: UsageStatus): Omit<Condition, 'lastTransitionTime'> {
  const figures = `${formatSize(usage.usedBytes)} of ${formatSize(usage.poolBytes)} used`
  if (percentUsed(usage) < 100) return { type: 'PoolWithinLimit', status: 'True', reason: 'RoomLeft', message: figures }
  const freed = `trash ${formatSize(usage.trashBytes)}, old versions ${formatSize(usage.versionsBytes)}`
  const message = `${figures}: new files are refused, everything can be read and deleted; empty first what nobody misses (${freed})`
  return { type: 'PoolWithinLimit', status: 'False', reason: 'Full', message }
}

/** What a space uses now; changes nothing. */
export async function measureUsage(context: SpacesContext, space: Stored<Space>, known?: SpaceTarget): Promise<UsageStatus> {
  const target = known ?? (await targetOfStored(context, space))
  const [usage, accounts] = await Promise.all([context.engine.usage(target), context.engine.accounts(target)])
  return summarise({ usage, accounts, poolBytes: target.poolBytes, before: space.status?.usage, now: context.clock.now() })
}

/** The space with the figures of now, so that a refusal speaks of them; one that is not running keeps those on record. */
export async function withFreshUsage(context: SpacesContext, space: Stored<Space>): Promise<Stored<Space>> {
  if (space.status?.url === undefined) return space
  return { ...space, status: { ...space.status, usage: await measureUsage(context, space) } }
}
