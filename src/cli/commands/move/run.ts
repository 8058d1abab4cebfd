import { runMove, tryMove } from '../../../move/run.ts'
import { defineCommand, type CommandInput } from '../../command.ts'
import { conductOf, runOptions, toDone, toPlan } from '../../move/conduct.ts'
import { RunResult } from '../../move/schemas.ts'
import { wishOf } from '../../move/wish.ts'
import { runExitCode, runText } from '../../move/words.ts'

export const command = defineCommand({
  result: RunResult,
  run: async (input: CommandInput) => {
    const wish = wishOf(input)
    const services = await input.app.moves()
    const conduct = await conductOf(input)
    if (input.dryRun) return toPlan(await tryMove(services, wish, conduct), true)
    return toDone(await runMove(services, wish, { conduct, options: runOptions(input) }))
  },
  text: runText,
  exitCode: runExitCode,
})
