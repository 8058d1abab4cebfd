import { ChatonError } from '../../../kit/errors.ts'
import { addressOfArchive } from '../../../move/archive/address.ts'
import { runMove, tryMove } from '../../../move/run.ts'
import { defineCommand, required, type CommandInput } from '../../command.ts'
import { conductOf, runOptions, toDone, toPlan } from '../../move/conduct.ts'
import { RunResult } from '../../move/schemas.ts'
import { address, wishOf } from '../../move/wish.ts'
import { runExitCode, runText } from '../../move/words.ts'

export const command = defineCommand({
  result: RunResult,
  run: async (input: CommandInput) => {
    const file = required(input, 'file')
    const to = address(input, 'to')
    if (to === undefined) throw new ChatonError('bad-input', 'no address is given to carry the archive into', { next: ['add --to <address>'] })
    const wish = wishOf(input, { from: addressOfArchive(file), to })
    const services = await input.app.moves()
    await services.hosts.find(addressOfArchive(file), { allowPlainHttp: false })
    const conduct = await conductOf(input)
    if (input.dryRun) return toPlan(await tryMove(services, wish, conduct), true)
    return toDone(await runMove(services, wish, { conduct, options: runOptions(input) }))
  },
  text: runText,
  exitCode: runExitCode,
})
