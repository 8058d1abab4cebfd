import { z } from 'zod'
import type { Account } from '../engine/contract.ts'
import { formatSize } from '../kit/bytes.ts'

/** One account and where it goes. */
export const Seat = z.object({
  from: z.string(),
  displayName: z.string(),
  email: z.string(),
  /** Slug of the space. */
  space: z.string(),
  /** User id there; differs from `from` where another person has that one. */
  to: z.string(),
  /** False where the person has this account there already. */
  create: z.boolean(),
  /** What moves, as the old space counts it. */
  bytes: z.number(),
})
export type Seat = z.infer<typeof Seat>

export const Left = z.object({ userId: z.string(), reason: z.string(), next: z.string() })
export type Left = z.infer<typeof Left>

export const DestinationFit = z.object({
  space: z.string(),
  release: z.string(),
  enabled: z.int(),
  newAccounts: z.int(),
  cap: z.int(),
  usedBytes: z.number(),
  neededBytes: z.number(),
  /** Kept free of account quotas. */
  reserveBytes: z.number(),
  poolBytes: z.number(),
})
export type DestinationFit = z.infer<typeof DestinationFit>

/** What an evacuation would do, and why it cannot be begun where `problems` has something. */
export const EvacuationPlan = z.object({
  source: z.object({ space: z.string(), release: z.string() }),
  seats: z.array(Seat),
  left: z.array(Left),
  destinations: z.array(DestinationFit),
  problems: z.array(z.string()),
})
export type EvacuationPlan = z.infer<typeof EvacuationPlan>

export interface DestinationNow extends Omit<DestinationFit, 'newAccounts' | 'neededBytes' | 'enabled'> {
  readonly accounts: readonly Account[]
}

export interface PlanInput {
  readonly source: { readonly space: string; readonly release: string; readonly accounts: readonly Account[] }
  /** Bytes that move, by user id. */
  readonly bytes: ReadonlyMap<string, number>
  readonly destinations: readonly DestinationNow[]
  /** Decided by an earlier run: stays. */
  readonly known: readonly Seat[]
}

/** Who goes where. All together where one destination holds all; else the largest first, each to the first that has room. Pure. */
export function planEvacuation({ source, bytes, destinations, known }: PlanInput): EvacuationPlan {
  const left = source.accounts.flatMap((account) => reasonToStay(account) ?? [])
  const staying = new Set([...left.map(({ userId }) => userId), ...known.map(({ from }) => from)])
  const moving = source.accounts.filter(({ userId }) => !staying.has(userId)).toSorted((a, b) => (bytes.get(b.userId) ?? 0) - (bytes.get(a.userId) ?? 0))
  const whole = destinations.find((one) => problemsOf(fitOf(one, [...known, ...moving.map((account) => seatIn(source.space, one, account, bytes))])).length === 0)
  const seats = [...known]
  for (const account of moving) {
    const open = whole === undefined ? destinations : [whole]
    const seat = firstWithRoom(open, account, { seats, slug: source.space, bytes })
    if (seat !== undefined) seats.push(seat)
  }
  const fits = destinations.map((one) => fitOf(one, seats))
  return {
    source: { space: source.space, release: source.release },
    seats: seats.toSorted((a, b) => a.bytes - b.bytes || (a.from < b.from ? -1 : 1)),
    left,
    destinations: fits,
    problems: fits.flatMap(problemsOf),
  }
}

/** Where none has room, the first: the numbers then say how much is missing. */
function firstWithRoom(destinations: readonly DestinationNow[], account: Account, { seats, slug, bytes }: { readonly seats: readonly Seat[]; readonly slug: string; readonly bytes: ReadonlyMap<string, number> }): Seat | undefined {
  const seatOf = (one: DestinationNow): Seat => seatIn(slug, one, account, bytes)
  const [first] = destinations
  const roomy = destinations.find((one) => problemsOf(fitOf(one, [...seats, seatOf(one)])).length === 0) ?? first
  return roomy === undefined ? undefined : seatOf(roomy)
}

function reasonToStay({ userId, enabled, email }: Account): Left | undefined {
  if (!enabled) return { userId, reason: 'the account is disabled: nobody can sign in to it', next: 'enable it, and run the same command again, where it is to move too' }
  if (email === undefined || email === '') return { userId, reason: 'the account has no mail address: nobody could be invited', next: 'give it one, and run the same command again' }
  return undefined
}

function seatIn(slug: string, { space, accounts }: DestinationNow, { userId, displayName, email = '' }: Account, bytes: ReadonlyMap<string, number>): Seat {
  const taken = new Map(accounts.map((account) => [account.userId.toLowerCase(), account]))
  const isSame = (id: string): boolean => taken.get(id.toLowerCase())?.email?.toLowerCase() === email.toLowerCase()
  const to = candidates(userId, slug).find((id) => !taken.has(id.toLowerCase()) || isSame(id)) ?? userId
  return { from: userId, displayName, email, space, to, create: !taken.has(to.toLowerCase()), bytes: bytes.get(userId) ?? 0 }
}

/** User ids have at most 64 characters. */
function candidates(userId: string, slug: string): string[] {
  return [userId, ...Array.from({ length: 50 }, (_, index) => `${userId.slice(0, 30)}-${slug.slice(0, 30)}${index === 0 ? '' : `-${index + 1}`}`)]
}

function fitOf({ accounts, ...rest }: DestinationNow, seats: readonly Seat[]): DestinationFit {
  const own = seats.filter(({ space }) => space === rest.space)
  const there = new Set(accounts.map(({ userId }) => userId.toLowerCase()))
  return {
    ...rest,
    enabled: accounts.filter(({ enabled }) => enabled).length,
    newAccounts: own.filter(({ to }) => !there.has(to.toLowerCase())).length,
    neededBytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

/** Why this destination is too small, with its numbers. Pure. */
export function problemsOf({ space, enabled, newAccounts, cap, usedBytes, neededBytes, reserveBytes, poolBytes }: DestinationFit): string[] {
  const accounts = enabled + newAccounts - cap
  const bytes = usedBytes + neededBytes + reserveBytes - poolBytes
  return [
    ...(newAccounts > 0 && accounts > 0 ? [`"${space}" has room for ${cap} accounts: ${enabled} are in use and ${newAccounts} would come; ${accounts} too many`] : []),
    ...(neededBytes > 0 && bytes > 0
      ? [`"${space}" has a pool of ${formatSize(poolBytes)}: ${formatSize(usedBytes)} are in use, ${formatSize(neededBytes)} would come and ${formatSize(reserveBytes)} stay free; ${formatSize(bytes)} are missing`]
      : []),
  ]
}
