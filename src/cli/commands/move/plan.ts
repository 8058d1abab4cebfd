import { planMove } from '../../../move/run.ts'
import { defineCommand, type CommandInput } from '../../command.ts'
import { conductOf, toPlan } from '../../move/conduct.ts'
import { PlanResult } from '../../move/schemas.ts'
import { wishOf } from '../../move/wish.ts'
import { planText } from '../../move/words.ts'

export const command = defineCommand({
  result: PlanResult,
  run: async (input: CommandInput) => toPlan(await planMove(await input.app.moves(), wishOf(input), await conductOf(input)), false),
  text: planText,
})
