import type { AccountUsage } from '../engine/contract.ts'
import { ChatonError } from '../kit/errors.ts'
import type { KindName } from '../move/kinds.ts'
import { reserveFor, totalBytesOf } from '../spaces/quota.ts'
import type { EvacuationWish, Place } from './contract.ts'
import { planEvacuation, type DestinationNow, type EvacuationPlan } from './plan.ts'
import type { EvacuationState } from './state.ts'

/** Looks at all spaces, changes nothing. */
export async function lookAt({ source, destinations, kinds }: EvacuationWish, state: EvacuationState): Promise<EvacuationPlan> {
  for (const place of [source, ...destinations]) await requireRunning(place)
  const [accounts, usage] = await Promise.all([source.engine.accounts(source.target), source.engine.usage(source.target)])
  const bytes = new Map(usage.accounts.map((account) => [account.userId, bytesThatMove(account, kinds)]))
  const looked = await Promise.all(destinations.map(lookAtDestination))
  const arrived = new Map(looked.flatMap(({ now, files }) => [...files].map(([userId, size]) => [`${now.space} ${userId}`, size])))
  const known = state.seats
    .filter(({ from }) => accounts.some(({ userId }) => userId === from))
    .map((seat) => ({ ...seat, bytes: remaining(seat.create ? (arrived.get(`${seat.space} ${seat.to}`) ?? 0) : 0, bytes.get(seat.from) ?? 0, state.account(seat.from).state === 'done') }))
  return planEvacuation({ source: { space: source.target.slug, release: source.target.release, accounts }, bytes, destinations: looked.map(({ now }) => now), known })
}

const remaining = (arrived: number, all: number, done: boolean): number => (done ? 0 : Math.max(0, all - arrived))

const bytesThatMove = ({ filesBytes, versionsBytes, trashBytes }: AccountUsage, kinds: readonly KindName[] = ['files']): number =>
  (kinds.includes('files') ? filesBytes : 0) + (kinds.includes('versions') ? versionsBytes : 0) + (kinds.includes('trash') ? trashBytes : 0)

async function requireRunning({ engine, target }: Place): Promise<void> {
  const state = await engine.state(target)
  if (state === 'running') return
  throw new ChatonError('bad-input', `the space "${target.slug}" is ${state}: it has to run while accounts move`, { next: [`chaton space resume ${target.slug}`] })
}

async function lookAtDestination({ engine, target }: Place): Promise<{ readonly now: DestinationNow; readonly files: ReadonlyMap<string, number> }> {
  const [accounts, usage] = await Promise.all([engine.accounts(target), engine.usage(target)])
  const now = { space: target.slug, release: target.release, cap: target.accountCap, poolBytes: target.poolBytes, usedBytes: totalBytesOf(usage), reserveBytes: reserveFor(target.poolBytes), accounts }
  return { now, files: new Map(usage.accounts.map(({ userId, filesBytes }) => [userId, filesBytes])) }
}
