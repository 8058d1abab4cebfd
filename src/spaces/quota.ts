import type { Account, SpaceUsage } from '../engine/contract.ts'

/** Part of what may be promised that is spread evenly over all enabled accounts; the rest goes to those that wrote recently. */
const evenShare = 0.25
/** Part of the promise that is handed out; the rest lets writers and the file system drift without a rewrite of quotas. */
const handedOut = 0.95
/** A quota stays as it is while its headroom is this near to the ideal one. */
const tolerance = 0.25

const smallReserve = 64_000_000
/** Quota of every account that holds anything while the pool is full. Not 0: Nextcloud's pages warn of a full account only above that. */
const closedBytes = 1

export interface QuotaInput {
  readonly poolBytes: number
  /** Never promised; see {@link reserveFor}. */
  readonly reserveBytes: number
  /** 1: what all accounts may still write never exceeds what is left. */
  readonly overCommitment: number
  readonly usage: SpaceUsage
  readonly accounts: readonly Pick<Account, 'userId' | 'enabled' | 'quotaBytes'>[]
  /** Bytes that each account wrote of late; an account not named wrote nothing. */
  readonly growth: ReadonlyMap<string, number>
  /** Growth of what no quota counts (trash, versions, previews, uploads) to be expected before the next look. */
  readonly churnBytes: number
}

export interface AccountDecision {
  readonly userId: string
  readonly quotaBytes: number
  /** What the account may still write. */
  readonly headroomBytes: number
  /** `kept`: near enough to the ideal; `lowered`: kept would have broken the bound. */
  readonly why: 'disabled' | 'full' | 'idle' | 'busy' | 'kept' | 'lowered'
}

export interface QuotaDecision {
  /** Everything that counts against the pool. */
  readonly totalBytes: number
  /** What may still be written: pool less total, reserve and expected churn. */
  readonly leftBytes: number
  /** Sum of the headrooms of all enabled accounts; at most `leftBytes` times the over-commitment. */
  readonly promisedBytes: number
  readonly full: boolean
  /** By user id. */
  readonly accounts: readonly AccountDecision[]
  /** Only the quotas that must be written. */
  readonly changes: ReadonlyMap<string, number>
}

/** Everything that counts: the volume's figure, or the sum of the parts where the volume's lags behind. Pure. */
export function totalBytesOf(usage: SpaceUsage): number {
  const parts = usage.accounts.reduce(
    (sum, { filesBytes, versionsBytes, trashBytes, otherBytes }) => sum + filesBytes + versionsBytes + trashBytes + otherBytes,
    usage.appDataBytes,
  )
  return Math.max(usage.totalBytes, parts)
}

/**
 * Room between account quotas and the pool's size, for what quotas cannot see: uploads that were admitted together,
 * versions and trash that grow between two looks, blocks and metadata. 5 % of a small pool, 1 % of a large one. Pure.
 */
export function reserveFor(poolBytes: number): number {
  return Math.floor(Math.max(poolBytes * 0.01, Math.min(poolBytes * 0.05, smallReserve)))
}

interface Share {
  readonly userId: string
  readonly filesBytes: number
  readonly quotaBytes: number | undefined
  /** Ideal headroom. */
  readonly headroomBytes: number
  readonly busy: boolean
}

/**
 * Turns measured use into quotas of `files/`. Pure: the same input gives the same answer, in whatever order accounts come.
 *
 * - The headrooms (quota less files) of all enabled accounts together stay within what is left, times the over-commitment.
 * - A quarter is spread evenly, so that nobody starves; three quarters go to those who wrote recently, by how much.
 * - A disabled account has no headroom: others may still write into folders that it shares.
 * - When nothing is left, every quota is far below the files: writers get HTTP 507 whatever they delete, until a look finds
 *   room. A quota that equals the files would be room again as soon as a file goes to the trash, which frees nothing.
 * - Quotas that are near enough stay; applied twice, the second time changes nothing.
 */
export function decideQuotas(input: QuotaInput): QuotaDecision {
  const totalBytes = totalBytesOf(input.usage)
  const leftBytes = Math.max(0, input.poolBytes - totalBytes - input.reserveBytes - input.churnBytes)
  const limit = Math.floor(leftBytes * input.overCommitment)
  const files = new Map(input.usage.accounts.map(({ userId, filesBytes }) => [userId, filesBytes]))
  const sorted = input.accounts.toSorted((a, b) => compare(a.userId, b.userId))
  const full = limit === 0
  const accounts = full ? sorted.map((account) => decideClosed(account, files.get(account.userId) ?? 0)) : decideOpen(input, sorted, { files, limit })
  const current = new Map(sorted.map(({ userId, quotaBytes }) => [userId, quotaBytes]))
  return {
    totalBytes,
    leftBytes,
    promisedBytes: sumOf(accounts),
    full,
    accounts,
    changes: new Map(accounts.flatMap(({ userId, quotaBytes }) => (current.get(userId) === quotaBytes ? [] : [[userId, quotaBytes]]))),
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

const sumOf = (decisions: readonly AccountDecision[]): number => decisions.reduce((sum, { headroomBytes }) => sum + headroomBytes, 0)

function decideClosed({ userId, enabled }: QuotaInput['accounts'][number], filesBytes: number): AccountDecision {
  return { userId, quotaBytes: Math.min(closedBytes, filesBytes), headroomBytes: 0, why: enabled ? 'full' : 'disabled' }
}

interface Room {
  readonly files: ReadonlyMap<string, number>
  /** What may be promised to all; above 0. */
  readonly limit: number
}

function decideOpen(input: QuotaInput, sorted: QuotaInput['accounts'], { files, limit }: Room): AccountDecision[] {
  const disabled = sorted.filter(({ enabled }) => !enabled).map((account) => decideDisabled(account, files.get(account.userId) ?? 0))
  const enabled = withinLimit(sharesOf(input, sorted.filter(({ enabled }) => enabled), { files, limit }), limit)
  return [...disabled, ...enabled].toSorted((a, b) => compare(a.userId, b.userId))
}

function decideDisabled({ userId, quotaBytes }: QuotaInput['accounts'][number], filesBytes: number): AccountDecision {
  const kept = quotaBytes === undefined || quotaBytes > filesBytes ? filesBytes : quotaBytes
  return { userId, quotaBytes: kept, headroomBytes: 0, why: 'disabled' }
}

/** Ideal headroom of each enabled account; their sum never exceeds `limit`. */
function sharesOf(
  { growth }: QuotaInput,
  enabled: QuotaInput['accounts'],
  { files, limit }: Room,
): Share[] {
  const handOut = Math.floor(limit * handedOut)
  const even = Math.floor((handOut * evenShare) / Math.max(1, enabled.length))
  const weighed = enabled.map((account) => ({ ...account, weight: Math.max(0, growth.get(account.userId) ?? 0) }))
  const total = weighed.reduce((sum, { weight }) => sum + weight, 0)
  const rest = handOut - even * enabled.length
  let remaining = handOut
  return weighed.map(({ userId, quotaBytes, weight }) => {
    const extra = Math.floor(total > 0 ? rest * (weight / total) : rest / enabled.length)
    const headroomBytes = Math.min(remaining, even + extra)
    remaining -= headroomBytes
    return { userId, quotaBytes, filesBytes: files.get(userId) ?? 0, headroomBytes, busy: weight > 0 }
  })
}

const idealOf = ({ filesBytes, headroomBytes }: Share): number => filesBytes + headroomBytes

function decideEnabled(share: Share): AccountDecision {
  const { userId, quotaBytes, filesBytes, headroomBytes, busy } = share
  const ideal = idealOf(share)
  if (quotaBytes !== undefined && Math.abs(quotaBytes - ideal) <= headroomBytes * tolerance) {
    return { userId, quotaBytes, headroomBytes: quotaBytes - filesBytes, why: headroomBytes === 0 ? 'full' : 'kept' }
  }
  return { userId, quotaBytes: ideal, headroomBytes, why: headroomBytes === 0 ? 'full' : busy ? 'busy' : 'idle' }
}

/** Lowers quotas that were kept above their ideal, the farthest first, until the sum of headrooms is within the limit. */
function withinLimit(shares: readonly Share[], limit: number): AccountDecision[] {
  const decided = shares.map((share) => ({ share, decision: decideEnabled(share) }))
  const farthest = decided
    .map(({ share, decision }) => ({ userId: share.userId, excess: decision.quotaBytes - idealOf(share) }))
    .filter(({ excess }) => excess > 0)
    .toSorted((a, b) => b.excess - a.excess)
  let promised = sumOf(decided.map(({ decision }) => decision))
  const lowered = new Set<string>()
  for (const { userId, excess } of farthest) {
    if (promised <= limit) break
    lowered.add(userId)
    promised -= excess
  }
  return decided.map(({ share, decision }) =>
    lowered.has(share.userId)
      ? { userId: share.userId, quotaBytes: idealOf(share), headroomBytes: share.headroomBytes, why: 'lowered' }
      : decision,
  )
}
