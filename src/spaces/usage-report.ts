import type { AccountUsage } from '../engine/contract.ts'
import type { Space } from '../model/space.ts'
import type { Stored } from '../store/contract.ts'
import { targetOfStored, type SpacesContext } from './context.ts'
import { summarise } from './usage.ts'

export interface AccountReport extends AccountUsage {
  readonly enabled: boolean
  /** What its quota still allows; undefined: it has none. */
  readonly mayWriteBytes: number | undefined
}

export interface UsageReport {
  readonly slug: string
  readonly poolBytes: number
  readonly usedBytes: number
  /** True where the total comes from the volume. */
  readonly exact: boolean
  readonly hardLimit: boolean
  readonly filesBytes: number
  readonly versionsBytes: number
  readonly trashBytes: number
  readonly otherBytes: number
  /** The largest first. */
  readonly accounts: readonly AccountReport[]
}

/** What fills a space, measured now, for people. Changes nothing. */
export async function spaceUsage(context: SpacesContext, space: Stored<Space>): Promise<UsageReport> {
  const target = await targetOfStored(context, space)
  const [usage, accounts, hardLimit] = await Promise.all([context.engine.usage(target), context.engine.accounts(target), context.engine.hardLimit()])
  const { poolBytes, usedBytes, filesBytes, versionsBytes, trashBytes, otherBytes } = summarise({
    usage,
    accounts,
    poolBytes: target.poolBytes,
    before: undefined,
    now: context.clock.now(),
  })
  const known = new Map(accounts.map((account) => [account.userId, account]))
  const rows = usage.accounts.map((entry) => {
    const account = known.get(entry.userId)
    const mayWriteBytes = account?.quotaBytes === undefined ? undefined : Math.max(0, account.quotaBytes - entry.filesBytes)
    return { ...entry, enabled: account?.enabled ?? false, mayWriteBytes }
  })
  const total = (row: AccountUsage): number => row.filesBytes + row.versionsBytes + row.trashBytes + row.otherBytes
  const sorted = rows.toSorted((a, b) => total(b) - total(a) || a.userId.localeCompare(b.userId))
  return { slug: target.slug, poolBytes, usedBytes, exact: usage.exact, hardLimit, filesBytes, versionsBytes, trashBytes, otherBytes, accounts: sorted }
}
