import { join } from 'node:path'
import { asChatonError, ChatonError } from '../kit/errors.ts'
import type { MoveEvent } from '../move/events.ts'
import type { KindName } from '../move/kinds.ts'
import { Moves } from '../move/moves.ts'
import { chosenKinds } from '../move/plan.ts'
import type { MoveWish } from '../move/prepare.ts'
import { runMove } from '../move/run.ts'
import type { SignInWish } from '../move/sign-in.ts'
import type { EvacuationConduct, EvacuationServices, EvacuationWish, Place } from './contract.ts'
import type { Seat } from './plan.ts'
import type { AccountState } from './state.ts'
import { appPasswordLabel } from './strays.ts'

/** A folder that others share would take the name of an own one that has not come yet: shares come when all accounts are there. */
export type Round = 'carry' | 'finish'

export interface AccountMove {
  readonly seat: Seat
  /** First everything but the shares, of all accounts; then what has changed meanwhile, and the shares. */
  readonly round: Round
  readonly destination: Place
  /** New ids of all who move to the same space, by their old ones. */
  readonly people: ReadonlyMap<string, string>
  /** Of the whole evacuation. */
  readonly directory: string
}

/** Moves of one account of an evacuation: at most one is unfinished. */
export const movesOf = (directory: string, userId: string): Moves => new Moves(join(directory, 'accounts', `account-${encodeURIComponent(userId)}`))

/** What one account needs to be whole beside its files: folders, calendars, part files. */
const spareBytes = 64_000_000

/** Moves one account as `chaton move` does, with app passwords that are made for it and revoked at its end. Throws only when stopped. */
export async function moveAccount(services: EvacuationServices, wish: EvacuationWish, work: AccountMove, conduct: EvacuationConduct): Promise<AccountState> {
  const { seat, destination } = work
  try {
    await giveRoom(destination, seat)
    const moves = movesOf(work.directory, seat.from)
    const [id] = await moves.unfinished()
    const report = (event: MoveEvent): void => tell(conduct, seat, event)
    const { phase, whole, report: told, files } = await runMove({ ...services, moves }, wishOf(services, wish, work, id), {
      conduct: { report, signal: conduct.signal },
      options: { keepOpen: work.round === 'carry', acceptShrink: false },
    })
    const sum = (count: 'moved' | 'refused'): number => told.kinds.reduce((total, kind) => total + (count === 'moved' ? kind.moved + kind.alreadyThere : kind.refused.length), 0)
    const counts = { whole, moved: sum('moved'), refused: sum('refused'), report: files }
    const broken = told.kinds.some(({ state }) => state === 'failed')
    if (broken) return { ...counts, state: 'failed', problem: 'a part of it broke off', next: ['run the same command again'] }
    return { ...counts, state: phase === 'done' ? 'done' : 'carried' }
  } catch (thrown) {
    const error = asChatonError(thrown)
    if (conduct.signal.aborted || error.code === 'bug') throw thrown
    return { state: 'failed', problem: error.message, next: [...error.next] }
  }
}

function wishOf(services: EvacuationServices, wish: EvacuationWish, { seat, destination, people, round }: AccountMove, id: string | undefined): MoveWish {
  const { source, manner } = wish
  const signIn = ({ engine, target }: Place, userId: string): SignInWish => ({ by: 'made', name: userId, password: async () => (await engine.createAppPassword(target, userId, appPasswordLabel)).password })
  const url = ({ engine, target }: Place): string => engine.address(target).url
  const kinds = kindsOf(services, wish)
  const shares = kinds.includes('shares')
  return {
    ...(id === undefined ? { from: url(source), to: url(destination) } : { id }),
    signIn: { source: signIn(source, seat.from), destination: signIn(destination, seat.to) },
    // Without their shares, what colleagues share is told as left.
    ...(shares ? { people } : {}),
    options: { manner, kinds: round === 'finish' ? kinds : kinds.filter((kind) => kind !== 'shares') },
  }
}

const kindsOf = (services: EvacuationServices, { kinds }: EvacuationWish): KindName[] => (kinds ?? chosenKinds({})).filter((name) => services.kinds.some((kind) => kind.name === name))

/** Quota for what it has there and what comes. The pool was checked for all together; at the end it is shared out anew. */
async function giveRoom({ engine, target }: Place, { to, bytes }: Seat): Promise<void> {
  const usage = (await engine.usage(target)).accounts.find(({ userId }) => userId === to)
  const account = (await engine.accounts(target)).find(({ userId }) => userId === to)
  if (account === undefined) throw new ChatonError('not-found', `"${target.slug}" has no account "${to}" any more`, { next: ['run the same command again'] })
  const needed = (usage?.filesBytes ?? 0) + Math.ceil(bytes * 1.02) + spareBytes
  if (account.quotaBytes === undefined || account.quotaBytes >= needed) return
  await engine.setQuotas(target, new Map([[to, needed]]))
}

function tell({ progress }: EvacuationConduct, { from }: Seat, event: MoveEvent): void {
  const line = lineOf(event)
  if (line !== undefined) progress({ step: `account:${from}`, title: from, state: 'started', note: line })
}

function lineOf(event: MoveEvent): string | undefined {
  if (event.event === 'kind') return event.state === 'done' ? undefined : `${event.kind}${event.message === undefined ? '' : `: ${event.message}`}`
  if (event.event === 'stage') return event.stage === 'check' ? 'comparing both sides' : undefined
  return event.event === 'wait' ? event.reason : undefined
}
