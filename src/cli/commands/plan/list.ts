import { z } from 'zod'
import { defineCommand } from '../../command.ts'
import { columns, planWords } from '../../present/words.ts'
import { PlanResult } from '../../schemas.ts'

export const command = defineCommand({
  result: z.object({ plans: z.array(PlanResult) }),
  run: async ({ app }) => ({ plans: await (await app.records()).store.list('Plan') }),
  text: ({ plans }) => ({ lines: columns(plans.map((plan) => [plan.metadata.name, planWords(plan)])) }),
})
