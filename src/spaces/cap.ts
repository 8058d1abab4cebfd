import { createHash } from 'node:crypto'
import type { Account, SpaceTarget } from '../engine/contract.ts'
import { withCondition, type Condition } from '../model/metadata.ts'
import type { Space, SpaceStatus } from '../model/space.ts'
import { updateWithRetry, type Stored } from '../store/contract.ts'
import type { SpacesContext } from './context.ts'
import { recipientsOf, type Notify } from './notify.ts'

export interface CapDecision {
  readonly enabled: number
  /** User ids to disable, newest first. Deletes nothing and never names the first administrator. */
  readonly disable: readonly string[]
}

/** Which accounts are above the cap: the newest. One whose age nobody knows counts as new. Pure. */
export function decideCap(input: { readonly accounts: readonly Account[]; readonly cap: number; readonly administrator: string }): CapDecision {
  const enabled = input.accounts.filter((account) => account.enabled)
  const candidates = enabled.filter(({ userId }) => userId !== input.administrator).toSorted(newestFirst)
  return { enabled: enabled.length, disable: candidates.slice(0, Math.max(0, enabled.length - input.cap)).map(({ userId }) => userId) }
}

function newestFirst(a: Account, b: Account): number {
  const [first, second] = [a.createdAt ?? Infinity, b.createdAt ?? Infinity]
  if (first !== second) return first > second ? -1 : 1
  return a.userId > b.userId ? -1 : 1
}

export interface CapInput {
  readonly target: SpaceTarget
  readonly accounts: readonly Account[]
  /** If given, the administrators are told at once; else {@link tellOverCap} does it later. */
  readonly notify?: Notify
}

export interface CapResult {
  readonly disabled: readonly string[]
  /** The accounts as they are now. */
  readonly accounts: readonly Account[]
}

type OverCap = NonNullable<SpaceStatus['overCap']>

/**
 * Brings the enabled accounts back to the cap, and keeps the condition `AccountsWithinCap`. Which accounts are disabled
 * is recorded first, so that {@link tellOverCap} can tell the administrators even after a kill in between. Repeatable.
 */
export async function ensureCap(context: SpacesContext, space: Stored<Space>, { target, accounts, notify }: CapInput): Promise<CapResult> {
  const { disable: disabled } = decideCap({ accounts, cap: target.accountCap, administrator: target.administrator })
  const known = (await context.store.get('Space', space.metadata.name))?.status
  if (disabled.length > 0) {
    const untold = untoldOf(known)
    const all = [...new Set([...(untold?.disabled ?? []), ...disabled])]
    const overCap = { disabled: all, since: untold?.since ?? context.clock.now().toISOString() }
    await record(context, space, { condition: aboveWords(target.accountCap, disabled), overCap })
    for (const userId of disabled) await context.engine.setAccountEnabled(target, userId, false)
  }
  const within = withinWords(target.accountCap)
  if (disabled.length > 0 || !isRecorded(known, within)) await record(context, space, { condition: within })
  const after = accounts.map((account) => (disabled.includes(account.userId) ? { ...account, enabled: false } : account))
  if (notify) await tellOverCap(context, space, { target, accounts: after, notify })
  return { disabled, accounts: after }
}

/**
 * Mails the administrators which accounts were disabled and why: each account once, recorded when sent. A mail sent again
 * after a kill or a failure keeps its Message-ID. Answers the accounts that were told of.
 */
export async function tellOverCap(
  context: SpacesContext,
  space: Stored<Space>,
  { target, accounts, notify }: CapInput & { readonly notify: Notify },
): Promise<readonly string[]> {
  const overCap = untoldOf((await context.store.get('Space', space.metadata.name))?.status)
  if (!overCap) return []
  const names = new Map(accounts.map(({ userId, displayName }) => [userId, displayName]))
  const disabled = overCap.disabled.map((userId) => ({ userId, displayName: names.get(userId) ?? userId }))
  await notify(target, { kind: 'accounts-over-cap', key: overCapKey(overCap), cap: target.accountCap, disabled }, recipientsOf(target, accounts))
  await record(context, space, { overCap: { ...overCap, sentAt: context.clock.now().toISOString() } })
  return overCap.disabled
}

function untoldOf(status: SpaceStatus | undefined): OverCap | undefined {
  return status?.overCap?.sentAt === undefined ? status?.overCap : undefined
}

/** The same for the same accounts of the same episode. Pure. */
export function overCapKey({ disabled, since }: OverCap): string {
  const mark = createHash('sha256').update(disabled.toSorted().join('\n')).digest('hex').slice(0, 12)
  return `accounts-${mark}-${Date.parse(since).toString(36)}`
}

type Judgement = Omit<Condition, 'lastTransitionTime'>

const withinWords = (cap: number): Judgement => ({
  type: 'AccountsWithinCap',
  status: 'True',
  reason: 'WithinCap',
  message: `at most ${cap} accounts are enabled`,
})

const aboveWords = (cap: number, disabled: readonly string[]): Judgement => ({
  type: 'AccountsWithinCap',
  status: 'False',
  reason: 'AboveCap',
  message: `more than ${cap} accounts are enabled; the newest are being disabled, nothing is deleted: ${disabled.join(', ')}`,
})

function isRecorded(status: SpaceStatus | undefined, { type, status: verdict, message }: Judgement): boolean {
  return status?.conditions.some((known) => known.type === type && known.status === verdict && known.message === message) ?? false
}

async function record(
  context: SpacesContext,
  space: Stored<Space>,
  { condition, overCap }: { readonly condition?: Judgement; readonly overCap?: OverCap },
): Promise<void> {
  const now = context.clock.now()
  await updateWithRetry(context.store, 'Space', space.metadata.name, (current) => {
    const known = current.status?.conditions ?? []
    const conditions = condition === undefined ? known : withCondition(known, condition, now)
    return { ...current, status: { phase: 'Ready', ...current.status, conditions, ...(overCap === undefined ? {} : { overCap }) } }
  })
}
