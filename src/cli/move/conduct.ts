import type { z } from 'zod'
import type { MovePlan } from '../../move/plan.ts'
import type { RunOptions, RunResult as MoveRun } from '../../move/run.ts'
import type { MoveWish } from '../../move/prepare.ts'
import type { Conduct, MoveServices } from '../../move/services.ts'
import type { CommandInput } from '../command.ts'
import type { DoneResult, PlanResult } from './schemas.ts'

/** Who is told of a run, and what stops it. */
export async function conductOf({ moveProgress, signal }: CommandInput): Promise<Conduct> {
  return { report: (await moveProgress()).report, signal }
}

export function runOptions({ flags }: CommandInput): RunOptions {
  return { keepOpen: flags['keepOpen'] === true, acceptShrink: flags['acceptShrink'] === true }
}

export const toPlan = ({ move, plan }: { readonly move: string; readonly plan: MovePlan }, dryRun: boolean): z.infer<typeof PlanResult> => ({ what: 'plan', dryRun, move, plan })

export const toDone = (done: MoveRun): z.infer<typeof DoneResult> => ({ what: 'done', ...done })

/** For what may follow the end of a move as well: the only one under way, else the newest. */
export async function latest({ moves }: MoveServices, wish: MoveWish): Promise<MoveWish> {
  using move = await moves.openLatest(wish.id)
  return { ...wish, id: move.id }
}
