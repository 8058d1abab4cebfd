import { ChatonError } from '../kit/errors.ts'
import { copyAndCheck, verifyAll } from './engine.ts'
import { sideNames, type KindFailure, type MovePhase, type SideName } from './facts.ts'
import { allowShrink } from './files/shrink.ts'
import { kindNames } from './kinds.ts'
import { watchForPause } from './pause.ts'
import type { MovePlan } from './plan.ts'
import { openSession, undo, type MoveWish, type Session } from './prepare.ts'
import { isWhole } from './report/model.ts'
import { storeReport, type StoredReport } from './report/of-move.ts'
import type { Conduct, MoveServices } from './services.ts'
import { isSignInRefused, signOutSide, type SignedOut } from './sign-in.ts'
import { requireFeasible, survey, workOf } from './survey.ts'

export interface RunOptions {
  /** Asked with the plan before anything is written; false stops with `refused`. */
  readonly agree?: (plan: MovePlan) => Promise<boolean>
  /** Both sign-ins stay, for later passes; a later run ends the move. */
  readonly keepOpen: boolean
  /** The person knows that one side has become much smaller. Holds for one run. */
  readonly acceptShrink: boolean
}

export interface RunResult extends StoredReport {
  readonly move: string
  readonly phase: MovePhase
  /** Everything that was to be carried is there, and was checked. */
  readonly whole: boolean
  readonly signedOut: Readonly<Record<SideName, SignedOut | 'kept'>>
}

/** Looks at both sides and tells the plan; the move is kept, so that a run can follow without signing in again. */
export async function planMove(services: MoveServices, wish: MoveWish, conduct: Conduct): Promise<{ readonly move: string; readonly plan: MovePlan }> {
  await using session = await openSession(services, wish, conduct)
  return { move: session.move.id, plan: await survey(services, session, conduct) }
}

/** As {@link planMove}, and leaves nothing of a move that it had to make for this. */
export async function tryMove(services: MoveServices, wish: MoveWish, conduct: Conduct): Promise<{ readonly move: string; readonly plan: MovePlan }> {
  await using session = await openSession(services, wish, conduct)
  try {
    return { move: session.move.id, plan: await survey(services, session, conduct) }
  } finally {
    if (session.isNew) await undo(services, session.move)
  }
}

/** The whole move, or what is left of it: plan, copy, again until nothing changes, check, report, sign out. */
export async function runMove(services: MoveServices, wish: MoveWish, { conduct, options }: { readonly conduct: Conduct; readonly options: RunOptions }): Promise<RunResult> {
  return await inSession(services, wish, conduct, async (session, stoppable) => {
    if (options.acceptShrink) session.move.journal.setFact(allowShrink, 'yes')
    await begin(services, session, { conduct: stoppable, options })
    await copyAndCheck(workOf(services, session, stoppable))
    return await end(services, session, { conduct: stoppable, keepOpen: options.keepOpen })
  })
}

/** Further passes. An open move stays open; one that had ended is ended again. */
export async function deltaMove(services: MoveServices, wish: MoveWish, { conduct, options }: { readonly conduct: Conduct; readonly options: Pick<RunOptions, 'acceptShrink'> }): Promise<RunResult> {
  return await inSession(services, wish, conduct, async (session, stoppable) => {
    if (options.acceptShrink) session.move.journal.setFact(allowShrink, 'yes')
    const wasDone = session.move.facts.phase === 'done'
    requireCopied(session)
    await copyAndCheck(workOf(services, session, stoppable))
    return await end(services, session, { conduct: stoppable, keepOpen: !wasDone })
  })
}

/** Compares both sides as they are now, copies nothing. */
export async function verifyMove(services: MoveServices, wish: MoveWish, conduct: Conduct): Promise<RunResult> {
  return await inSession(services, wish, conduct, async (session, stoppable) => {
    const { phase } = session.move.facts
    requireCopied(session)
    await verifyAll(workOf(services, session, stoppable))
    return await end(services, session, { conduct: stoppable, keepOpen: phase !== 'done' })
  })
}

/** Opens the session, lets `chaton move pause` stop it, and forgets a sign-in that stopped working meanwhile. */
async function inSession(services: MoveServices, wish: MoveWish, conduct: Conduct, act: (session: Session, conduct: Conduct) => Promise<RunResult>): Promise<RunResult> {
  using stopper = watchForPause(services.clock, conduct.signal)
  const stoppable = { ...conduct, signal: stopper.signal }
  await using session = await openSession(services, wish, stoppable)
  stopper.watch(session.move.facts)
  try {
    return await act(session, stoppable)
  } catch (error) {
    throw explained(error, session.move.id)
  }
}

async function begin(services: MoveServices, session: Session, { conduct, options }: { readonly conduct: Conduct; readonly options: RunOptions }): Promise<void> {
  const { phase } = session.move.facts
  if (phase !== 'new' && phase !== 'prepared') return
  const plan = await survey(services, session, conduct)
  requireFeasible(plan)
  if (options.agree === undefined || (await options.agree(plan))) return
  throw new ChatonError('refused', 'nothing was moved', { next: ['chaton move run goes on with the same sign-ins', 'chaton move abort forgets them'] })
}

function requireCopied({ move }: Session): void {
  const { phase } = move.facts
  if (phase === 'copied' || phase === 'copying' || phase === 'done') return
  throw new ChatonError('bad-input', `the move ${move.id} has not copied anything yet`, { next: [`chaton move run ${move.id}`] })
}

/** The report; then, where nothing has failed, both sign-ins end. */
async function end(services: MoveServices, session: Session, { conduct, keepOpen }: { readonly conduct: Conduct; readonly keepOpen: boolean }): Promise<RunResult> {
  const { move } = session
  const failures = kindNames.flatMap((kind) => move.facts.ofKind('failure', kind) ?? [])
  const stays = keepOpen || failures.length > 0
  conduct.report({ event: 'stage', stage: 'report' })
  if (!stays) move.facts.set('finishedAt', services.clock.now().toISOString())
  const stored = await storeReport(services, move)
  requireLinked(failures, session)
  const signedOut = stays ? { source: 'kept' as const, destination: 'kept' as const } : await signOut(services, session, conduct)
  if (!stays) move.facts.set('phase', 'done')
  return { ...stored, move: move.id, phase: move.facts.phase, whole: isWhole(stored.report), signedOut }
}

/** Where everything failed for a reason that passes, the move itself is to be tried again. */
function requireLinked(failures: readonly KindFailure[], { options, move }: Session): void {
  const [first] = failures
  if (first === undefined || failures.length < options.kinds.length || !failures.every(({ retryable }) => retryable)) return
  throw new ChatonError('remote-failed', first.message, { retryable: true, next: [...first.next, `chaton move resume ${move.id} goes on from here`] })
}

async function signOut(services: MoveServices, { move }: Session, { report }: Conduct): Promise<Record<SideName, SignedOut>> {
  report({ event: 'stage', stage: 'sign-out' })
  const ended: Record<SideName, SignedOut> = { source: 'none', destination: 'none' }
  for (const side of sideNames) ended[side] = await signOutSide(services, move, side)
  return ended
}

/** With the command that goes on from there. */
function explained(error: unknown, id: string): unknown {
  if (!(error instanceof ChatonError)) return error
  const { code, message, data, next } = error
  if (isSignInRefused(error)) {
    return new ChatonError('remote-failed', message, { actor: 'user', next: ['run the same command again and sign in again: it goes on from here'], data, cause: error })
  }
  if (code === 'interrupted' && next.length === 0) return new ChatonError('interrupted', message, { next: [`chaton move resume ${id} goes on from here`], cause: error })
  const [look] = next
  if (code !== 'refused' || !('gone' in data || 'thereBytes' in data)) return error
  return new ChatonError('refused', message, { next: [...(look === undefined ? [] : [look]), `if it is: chaton move run ${id} --accept-shrink`], data, cause: error })
}
