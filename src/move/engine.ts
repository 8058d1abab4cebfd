import { asChatonError, type ChatonError } from '../kit/errors.ts'
import type { Kind, KindInventory, KindTally, MoveContext } from './contract.ts'
import type { MoveReporter } from './events.ts'
import type { KindFailure, KindOutcome, MoveFacts } from './facts.ts'
import type { KindName } from './kinds.ts'

export interface EngineWork {
  readonly context: MoveContext
  readonly facts: MoveFacts
  /** Those that the person wants, in the order in which they are carried. */
  readonly kinds: readonly Kind[]
  readonly report: MoveReporter
}

export interface Found {
  readonly name: KindName
  readonly inventory: KindInventory
  /** Why the kind could not be listed. */
  readonly problem?: string
}

/** What there is to carry, kind by kind. A kind that cannot be listed is told, and holds up no other. */
export async function takeInventory(work: EngineWork): Promise<Found[]> {
  work.report({ event: 'stage', stage: 'inventory' })
  const found: Found[] = []
  for (const kind of work.kinds) {
    const outcome = await alone(work, kind.name, async () => await kind.inventory(work.context))
    found.push(outcome.ok ? { name: kind.name, inventory: outcome.value } : { name: kind.name, inventory: { count: 0, left: [] }, problem: outcome.failure.message })
  }
  return found
}

/** More passes than this follow only somebody who works faster than the move. */
const mostPasses = 5

/**
 * Carries everything, then again what changed meanwhile, until a pass finds nothing to do. Answers false where things still
 * change, or a kind has failed, after the last pass.
 */
export async function copyUntilQuiet(work: EngineWork): Promise<boolean> {
  const { facts, context } = work
  for (let round = 0; round < mostPasses; round++) {
    const before = context.journal.fingerprint()
    const failed = await onePass(work)
    facts.set('phase', 'copied')
    const quiet = context.journal.fingerprint() === before
    if (quiet && !failed) return true
    // What failed twice with nothing carried in between fails again.
    if (quiet && round > 0) return false
  }
  return false
}

async function onePass(work: EngineWork): Promise<boolean> {
  const { facts, kinds, context, report } = work
  const unfinished = facts.phase === 'copying'
  const pass = unfinished ? Math.max(1, facts.get('pass') ?? 1) : (facts.get('pass') ?? 0) + 1
  facts.set('pass', pass)
  facts.set('phase', 'copying')
  report({ event: 'stage', stage: pass === 1 ? 'copy' : 'again', pass })
  let failed = false
  for (const kind of kinds) {
    const outcome = await alone(work, kind.name, async () => await kind.run(context))
    facts.setOfKind('failure', kind.name, outcome.ok ? null : outcome.failure)
    if (outcome.ok) facts.setOfKind('outcome', kind.name, outcomeOf(outcome.value))
    else failed = true
  }
  return failed
}

function outcomeOf({ renamed, refused, links, ...counts }: KindTally): KindOutcome {
  return { ...counts, refused: [...refused], ...(renamed === undefined ? {} : { renamed: [...renamed] }), ...(links === undefined ? {} : { links: [...links] }) }
}

/** Compares both sides, kind by kind. A kind that has not been carried, or whose last pass failed, is not compared, and what an earlier comparison found of it is forgotten. */
export async function verifyAll(work: EngineWork): Promise<void> {
  const { facts, kinds, context, report } = work
  report({ event: 'stage', stage: 'check' })
  for (const kind of kinds) {
    const carried = facts.ofKind('outcome', kind.name) !== undefined && (facts.ofKind('failure', kind.name) ?? null) === null
    if (!carried) {
      facts.setOfKind('check', kind.name, null)
      continue
    }
    const outcome = await alone(work, kind.name, async () => await kind.verify(context))
    facts.setOfKind('check', kind.name, outcome.ok ? { checked: outcome.value.checked, differing: [...outcome.value.differing] } : { checked: 0, differing: [], failure: outcome.failure })
  }
}

/** What changed while it was compared is carried and compared once more. */
export async function copyAndCheck(work: EngineWork): Promise<void> {
  const { facts, kinds, context } = work
  for (let round = 0; round < 2; round++) {
    const quiet = await copyUntilQuiet(work)
    if (!quiet) context.journal.note('move', 'the last pass still found something to carry, or a kind has failed', context.clock.now())
    await verifyAll(work)
    if (kinds.every(({ name }) => (facts.ofKind('check', name)?.differing ?? []).length === 0)) return
  }
}

type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: KindFailure }

/** Runs the work of one kind. What stops only this kind is an answer; what stops the whole move is thrown. */
async function alone<T>({ context, report }: EngineWork, kind: KindName, act: () => Promise<T>): Promise<Outcome<T>> {
  context.signal.throwIfAborted()
  report({ event: 'kind', kind, state: 'started' })
  try {
    const value = await act()
    report({ event: 'kind', kind, state: 'done' })
    return { ok: true, value }
  } catch (thrown) {
    const error = context.signal.aborted ? asChatonError(context.signal.reason) : asChatonError(thrown)
    if (stopsAll(error)) throw error
    const { message, next, retryable } = error
    context.journal.note(kind, message, context.clock.now())
    if (error.code === 'bug') context.logger.error({ kind, err: thrown }, 'a kind of the move has stopped by a fault of ours')
    else context.logger.info({ kind, code: error.code }, 'a kind of the move has stopped')
    report({ event: 'kind', kind, state: 'failed', message })
    return { ok: false, failure: { message, next: [...next], retryable } }
  }
}

/** Stopped by a person, or a question for one; a sign-in that no longer works; no room left for anything. */
function stopsAll({ code, data }: ChatonError): boolean {
  return code === 'interrupted' || code === 'refused' || code === 'no-room' || data['status'] === 401
}
