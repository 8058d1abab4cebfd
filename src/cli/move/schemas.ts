import { z } from 'zod'
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
