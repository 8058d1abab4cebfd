import { verifyMove } from '../../../move/run.ts'
import { defineCommand, type CommandInput } from '../../command.ts'
import { conductOf, latest, toDone } from '../../move/conduct.ts'
import { DoneResult } from '../../move/schemas.ts'
import { wishOf } from '../../move/wish.ts'
import { doneText, runExitCode } from '../../move/words.ts'

export const command = defineCommand({
  result: DoneResult,
  run: async (input: CommandInput) => {
    const services = await input.app.moves()
    const wish = await latest(services, wishOf(input, {}))
    return toDone(await verifyMove(services, wish, await conductOf(input)))
  },
  text: doneText,
  exitCode: runExitCode,
})
