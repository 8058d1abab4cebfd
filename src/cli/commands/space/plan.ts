import { z } from 'zod'
import { requirePlan, requireSpace } from '../../../spaces/context.ts'
import { changeSpacePlan } from '../../../spaces/plans.ts'
import { defineCommand, required } from '../../command.ts'
import { planWords } from '../../present/words.ts'
import { FindingResult, PlanResult } from '../../schemas.ts'

export const command = defineCommand({
  result: z.object({
    slug: z.string(),
    before: z.string(),
    after: z.string(),
    dryRun: z.boolean(),
    findings: z.array(FindingResult),
    plan: PlanResult,
  }),
  run: async (input) => {
    const context = await input.app.spaces()
    const slug = required(input, 'slug')
    const space = await requireSpace(context.store, slug)
    const wished = input.args['plan']
    if (wished === undefined) {
      const { plan } = space.spec
      return { slug, before: plan, after: plan, dryRun: true, findings: [], plan: await requirePlan(context.store, plan) }
    }
    const change = await changeSpacePlan(context, slug, { plan: wished, dryRun: input.dryRun })
    return { ...change, findings: [...change.findings], plan: await requirePlan(context.store, wished) }
  },
  text: ({ slug, before, after, dryRun, plan }) => {
    if (before === after) return { lines: [`${slug}: ${after}: ${planWords(plan)}`] }
    return { lines: [`${slug}: ${before} ${dryRun ? 'would become' : 'became'} ${after}: ${planWords(plan)}`, ...(dryRun ? ['Nothing was changed.'] : [])] }
  },
})
