import { z } from 'zod'
import { pauseMove } from '../../../move/control.ts'
import { defineCommand } from '../../command.ts'

export const command = defineCommand({
  result: z.object({ move: z.string(), dryRun: z.boolean(), wasRunning: z.boolean() }),
  run: async ({ app, args, dryRun }) => {
    const services = await app.moves()
    using move = await services.moves.openUnfinished(args['move'])
    const wasRunning = dryRun ? await services.moves.isRunning(move.id) : await pauseMove(services, move)
    return { move: move.id, dryRun, wasRunning }
  },
  text: ({ move, dryRun, wasRunning }) => {
    if (!wasRunning) return { lines: [`Nothing is at work on the move ${move}.`] }
    if (dryRun) return { lines: [`Would stop the run of the move ${move}. Nothing was changed.`] }
    return { lines: [`The move ${move} is paused. Go on: chaton move resume ${move}`] }
  },
})
