import type { Clock } from '../kit/clock.ts'
import { ChatonError } from '../kit/errors.ts'
import { answers } from './answers.ts'
import { sideNames, type MovePhase, type SideName } from './facts.ts'
import { kindNames, type KindName } from './kinds.ts'
import type { Moves, OpenMove } from './moves.ts'
import type { MoveServices } from './services.ts'
import { Pace } from './pace.ts'
import { addressOf, signOutSide, withKept, type SignedOut } from './sign-in.ts'
import { bringBackPresent } from './versions/present.ts'

export interface MoveStatus {
  readonly move: string
  readonly phase: MovePhase
  /** A process is at work on it now. */
  readonly running: boolean
  readonly createdAt: string
  readonly finishedAt?: string
  readonly source: { readonly address: string; readonly account?: string }
  readonly destination: { readonly address: string; readonly account?: string }
  readonly pass: number
  readonly kinds: readonly { readonly name: KindName; readonly found: number; readonly moved: number; readonly alreadyThere: number; readonly refused: number; readonly movedBytes: number; readonly totalBytes: number; readonly failure?: string }[]
  /** Latest first. */
  readonly notes: readonly { readonly at: string; readonly kind: string; readonly message: string }[]
}

const notesShown = 10

/** All moves, or one; read from their journals while they may be running. */
export async function statusOf(moves: Moves, id?: string): Promise<MoveStatus[]> {
  const found: MoveStatus[] = []
  for (const one of id === undefined ? await moves.ids() : [id]) {
    using move = await moves.open(one)
    found.push(statusOfMove(move, await moves.isRunning(one)))
  }
  return found
}

function statusOfMove({ id, facts, journal }: OpenMove, running: boolean): MoveStatus {
  const finishedAt = facts.get('finishedAt')
  const side = (name: SideName): MoveStatus['source'] => {
    const account = facts.get(name)?.account
    return { address: addressOf(facts, name) ?? '', ...(account === undefined ? {} : { account }) }
  }
  return {
    move: id,
    phase: facts.phase,
    running,
    createdAt: facts.get('createdAt') ?? '',
    ...(finishedAt === undefined ? {} : { finishedAt }),
    source: side('source'),
    destination: side('destination'),
    pass: facts.get('pass') ?? 0,
    kinds: (facts.get('options')?.kinds ?? kindNames).map((name) => {
      const { counts, movedBytes, totalBytes } = journal.tally(name)
      const failure = facts.ofKind('failure', name)?.message
      const found = counts.found + counts.writing + counts.moved + counts.there + counts.refused
      return { name, found, moved: counts.moved, alreadyThere: counts.there, refused: counts.refused, movedBytes, totalBytes, ...(failure === undefined ? {} : { failure }) }
    }),
    notes: journal.notes().slice(-notesShown).toReversed(),
  }
}

const waitStepMs = 200
const longestWaitMs = 60_000

/** Asks the process that works on the move to stop, and waits until it has. Answers false where none was at work. */
export async function pauseMove({ moves, clock }: { readonly moves: Moves; readonly clock: Clock }, move: OpenMove): Promise<boolean> {
  if (!(await moves.isRunning(move.id))) return false
  move.facts.set('pauseAsked', true)
  const began = clock.now().getTime()
  while (await moves.isRunning(move.id)) {
    if (clock.now().getTime() - began > longestWaitMs) {
      throw new ChatonError('conflict', `the process that works on the move ${move.id} has not stopped within a minute`, { retryable: true, next: ['wait a little, then run the same command again'] })
    }
    await clock.sleep(waitStepMs)
  }
  return true
}

export interface AbortResult {
  readonly move: string
  readonly signedOut: Readonly<Record<SideName, SignedOut>>
}

/** Stops a move for good: what it has written stays, both sign-ins end. Repeatable; a side that did not answer is tried again. */
export async function abortMove(services: MoveServices, move: OpenMove): Promise<AbortResult> {
  await pauseMove(services, move)
  await using _lock = await services.moves.lock(move.id)
  await leaveWhole(services, move)
  if (move.facts.phase !== 'done') move.facts.set('phase', 'aborted')
  const signedOut: Record<SideName, SignedOut> = { source: 'none', destination: 'none' }
  for (const side of sideNames) signedOut[side] = await signOutSide(services, move, side)
  return { move: move.id, signedOut }
}

/** No file is left with an old content in it. Throws where the destination does not answer: the move can be aborted later. */
async function leaveWhole(services: MoveServices, move: OpenMove): Promise<void> {
  const { journal, facts } = move
  const address = addressOf(facts, 'destination')
  if (address === undefined || journal.page('versions', { state: 'writing', limit: 1 }).length === 0) return
  const account = await withKept(services, move, { side: 'destination', host: { address } })
  if (account === undefined) return
  const pace = new Pace({ clock: services.clock, manner: 'polite', signal: new AbortController().signal, answers: async () => await answers(account.files) })
  await bringBackPresent({ journal, clock: services.clock, destination: { remote: account.remote, files: account.files, pace } })
}
