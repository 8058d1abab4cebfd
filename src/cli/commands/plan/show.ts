import { stringify } from 'yaml'
import { requirePlan } from '../../../spaces/context.ts'
import { defineCommand, required } from '../../command.ts'
import { PlanResult } from '../../schemas.ts'

export const command = defineCommand({
  result: PlanResult,
  run: async (input) => await requirePlan((await input.app.records()).store, required(input, 'plan')),
  text: (plan) => ({ lines: stringify({ ...plan, metadata: { name: plan.metadata.name } }).trimEnd().split('\n') }),
})
