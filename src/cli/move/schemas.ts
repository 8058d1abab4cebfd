import { z } from 'zod'
import type { MoveEvent } from '../../move/events.ts'
import { MovePhase } from '../../move/facts.ts'
import { kindNames } from '../../move/kinds.ts'
import { MovePlan } from '../../move/plan.ts'
import { MoveReport } from '../../move/report/model.ts'

const SignedOutResult = z.enum(['revoked', 'own', 'none', 'failed', 'kept'])
export const SignedOutBoth = z.object({ source: SignedOutResult, destination: SignedOutResult })

const ReportFiles = z.object({ json: z.string(), fr: z.string(), en: z.string() })

export const StoredReportResult = z.object({ move: z.string(), report: MoveReport, publicKey: z.string(), files: ReportFiles })

/** What a run would do, or has done. */
export const PlanResult = z.object({ what: z.literal('plan'), dryRun: z.boolean(), move: z.string(), plan: MovePlan })
export const DoneResult = StoredReportResult.extend({ what: z.literal('done'), phase: MovePhase, whole: z.boolean(), signedOut: SignedOutBoth })
export const RunResult = z.discriminatedUnion('what', [PlanResult, DoneResult])

export const StatusResult = z.object({
  moves: z.array(
    z.object({
      move: z.string(),
      phase: MovePhase,
      running: z.boolean(),
      createdAt: z.string(),
      finishedAt: z.string().exactOptional(),
      source: z.object({ address: z.string(), account: z.string().exactOptional() }),
      destination: z.object({ address: z.string(), account: z.string().exactOptional() }),
      pass: z.int(),
      kinds: z.array(
        z.object({
          name: z.enum(kindNames),
          found: z.int(),
          moved: z.int(),
          alreadyThere: z.int(),
          refused: z.int(),
          movedBytes: z.number(),
          totalBytes: z.number(),
          failure: z.string().exactOptional(),
        }),
      ),
      notes: z.array(z.object({ at: z.string(), kind: z.string(), message: z.string() })),
    }),
  ),
})

const side = z.enum(['source', 'destination'])
const amount = z.number()

/** One line of standard error of a move with `--json`. */
export const MoveProgressLine = z.discriminatedUnion('event', [
  z.object({ event: z.literal('stage'), stage: z.enum(['sign-in', 'inventory', 'copy', 'again', 'check', 'report', 'sign-out']), pass: z.int().exactOptional() }).describe('The move has come to this part.'),
  z.object({ event: z.literal('sign-in'), side, address: z.string(), login: z.string() }).describe('Somebody has to open `login` in a browser and agree, within 20 minutes.'),
  z.object({ event: z.literal('signed-in'), side, address: z.string(), account: z.string() }).describe('Both the address and the account of a side are known.'),
  z.object({ event: z.literal('kind'), kind: z.enum(kindNames), state: z.enum(['started', 'done', 'failed']), message: z.string().exactOptional() }).describe('A kind of things begins or ends; `message` says why it failed.'),
  z
    .object({
      event: z.literal('progress'),
      kind: z.enum(kindNames),
      done: amount,
      total: amount,
      doneBytes: amount.exactOptional(),
      totalBytes: amount.exactOptional(),
      note: z.string().exactOptional(),
      problem: z.string().exactOptional(),
      perSecond: amount.exactOptional(),
      bytesPerSecond: amount.exactOptional(),
      secondsLeft: amount.exactOptional(),
    })
    .describe('How far a kind is, at most once a second; rates are those of the last half minute, `note` is the lane or step at work, `problem` the last one of the move.'),
  z.object({ event: z.literal('wait'), side, reason: z.string(), milliseconds: amount }).describe('A host needs a rest: nothing is asked of it for so long.'),
]) satisfies z.ZodType<MoveEvent>
