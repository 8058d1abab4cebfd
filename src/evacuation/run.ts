import { asChatonError, ChatonError } from '../kit/errors.ts'
import { inParallel } from '../move/workers.ts'
import { moveAccount, type Round } from './account.ts'
import type { EvacuationConduct, EvacuationServices, EvacuationWish, Place } from './contract.ts'
import { directoryOf, whileAlone } from './directory.ts'
import { ensureGroups, groupsFor, groupsOf } from './groups.ts'
import { lookAt } from './look.ts'
import type { EvacuationPlan, Seat } from './plan.ts'
import { reportOf, writeReport, type EvacuationReport } from './report.ts'
import { EvacuationState, type AccountState } from './state.ts'
import { deleteStrays } from './strays.ts'

/** Says what would move where, and whether it fits. Writes nothing. */
export async function planSpaceMove(services: EvacuationServices, wish: EvacuationWish): Promise<EvacuationPlan> {
  return await lookAt(wish, await EvacuationState.open(directoryOf(services, wish)))
}

/**
 * Moves everybody of a space: accounts and groups are made first, then the accounts are carried, the small ones first, some at a
 * time; one that fails holds up no other. Run again after a kill, or a failure, it goes on with what is left.
 */
export async function moveSpace(services: EvacuationServices, wish: EvacuationWish, conduct: EvacuationConduct): Promise<EvacuationReport> {
  return await whileAlone(services, wish, async (state) => await carry(services, wish, { state, directory: directoryOf(services, wish) }, conduct))
}

async function carry(services: EvacuationServices, wish: EvacuationWish, { state, directory }: Pick<One, 'state' | 'directory'>, conduct: EvacuationConduct): Promise<EvacuationReport> {
  const plan = await lookAt(wish, state)
  requireFit(plan)
  const byName = new Map(wish.destinations.map((place) => [place.target.slug, place]))
  await prepare(wish, plan, state, conduct)
  for (const round of ['carry', 'finish'] as const) {
    const settled = round === 'carry' ? ['carried', 'done'] : ['waiting', 'moving', 'failed', 'done']
    await inParallel(plan.seats.filter(({ from }) => !settled.includes(state.account(from).state)), wish.atOnce, async (seat) => {
      await one(services, wish, { state, seat, round, destination: need(byName, seat), people: peopleOf(plan, seat), directory }, conduct)
    })
  }
  for (const place of wish.destinations) await place.rebalance()
  const links = await invited(wish, { state, seats: plan.seats, byName })
  return await writeReport(directory, reportOf({ plan, state, links, now: services.clock.now() }))
}

/** Accounts and groups, before anything is carried. */
async function prepare(wish: EvacuationWish, plan: EvacuationPlan, state: EvacuationState, conduct: EvacuationConduct): Promise<void> {
  const groups = (await groupsOf(wish.source)) ?? []
  await state.decide(plan.seats, groups.map(({ id }) => id))
  for (const place of wish.destinations) {
    const seats = plan.seats.filter(({ space }) => space === place.target.slug)
    await makeAccounts(place, seats, conduct)
    if (!place.engine.sandbox) await ensureGroups(place, groupsFor(groups, seats))
  }
}

function requireFit({ problems, seats, left }: EvacuationPlan): void {
  if (seats.length === 0) throw new ChatonError('bad-input', 'there is no account that could move', { next: left.map(({ userId, reason }) => `${userId}: ${reason}`) })
  const [first] = problems
  if (first === undefined) return
  throw new ChatonError('no-room', `nothing was moved: ${problems.join('; ')}`, {
    next: ['give the destination a larger plan: chaton space plan <slug> <plan>', 'or name more spaces: --to <slug>,<slug>', 'or disable accounts that are not to move: chaton account disable <slug> <user>'],
  })
}

const peopleOf = ({ seats }: EvacuationPlan, { space }: Seat): ReadonlyMap<string, string> => new Map(seats.filter((seat) => seat.space === space).map(({ from, to }) => [from, to]))

function need(places: ReadonlyMap<string, Place>, { space, from }: Seat): Place {
  const place = places.get(space)
  if (place === undefined) throw new ChatonError('bad-input', `"${from}" was to move to "${space}" in an earlier run, which is not named now`, { next: [`name it as well: --to …,${space}`] })
  return place
}

/** All before the first move: what is shared with somebody finds them there. The link of the invitation is not kept: a fresh one is sent at the end. */
async function makeAccounts({ engine, target }: Place, seats: readonly Seat[], { progress, signal }: EvacuationConduct): Promise<void> {
  const there = new Set((await engine.accounts(target)).map(({ userId }) => userId.toLowerCase()))
  const missing = seats.filter(({ create, to }) => create && !there.has(to.toLowerCase()))
  progress({ step: 'accounts', title: `Accounts in ${target.slug}`, state: 'started' })
  for (const { to, displayName, email } of missing) {
    signal.throwIfAborted()
    await engine.invite(target, { userId: to, displayName, email, locale: target.owner.locale })
  }
  progress({ step: 'accounts', title: `Accounts in ${target.slug}`, state: 'done', note: `${missing.length} made` })
}

interface One {
  readonly state: EvacuationState
  readonly seat: Seat
  readonly round: Round
  readonly destination: Place
  readonly people: ReadonlyMap<string, string>
  readonly directory: string
}

async function one(services: EvacuationServices, wish: EvacuationWish, { state, ...work }: One, conduct: EvacuationConduct): Promise<void> {
  conduct.signal.throwIfAborted()
  const { seat } = work
  const step = { step: `account:${seat.from}`, title: seat.from }
  conduct.progress({ ...step, state: 'started' })
  const began = services.clock.now().getTime()
  const { state: before, problem: _problem, next: _next, ...known } = state.account(seat.from)
  const killed = before === 'moving' || known.killed === true
  await state.setAccount(seat.from, { ...known, killed, state: 'moving' })
  const outcome = await moveAccount(services, wish, work, conduct)
  if (killed && outcome.state === 'done') {
    await deleteStrays(wish.source, seat.from)
    await deleteStrays(work.destination, seat.to)
  }
  await state.setAccount(seat.from, { ...known, ...outcome, killed: killed && outcome.state !== 'done' })
  const milliseconds = services.clock.now().getTime() - began
  conduct.progress({ ...step, state: outcome.state === 'failed' ? 'failed' : 'done', note: noteOf(outcome), milliseconds })
}

const noteOf = ({ state, moved = 0, refused = 0, problem }: AccountState): string => problem ?? `${moved} carried, ${refused} refused${state === 'carried' ? '; shares follow' : ''}`

/** Once all have moved. Where no mail can be sent, the links, by user id. */
async function invited(wish: EvacuationWish, { state, seats, byName }: { readonly state: EvacuationState; readonly seats: readonly Seat[]; readonly byName: ReadonlyMap<string, Place> }): Promise<Map<string, string>> {
  const links = new Map<string, string>()
  if (!wish.invite || seats.some(({ from }) => state.account(from).state !== 'done')) return links
  for (const seat of seats) {
    const account = state.account(seat.from)
    if (!seat.create || account.invited === true) continue
    try {
      const { link } = await need(byName, seat).invite({ userId: seat.to, name: seat.displayName, email: seat.email })
      if (link !== undefined) links.set(seat.to, link)
      await state.setAccount(seat.from, { ...account, invited: true })
    } catch (error) {
      await state.setAccount(seat.from, { ...account, problem: `the invitation was not sent: ${asChatonError(error).message}`, next: ['run the same command again'] })
    }
  }
  return links
}
