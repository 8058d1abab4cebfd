import { z } from 'zod'
import { abortMove } from '../../../move/control.ts'
import { addressOf } from '../../../move/sign-in.ts'
import { defineCommand } from '../../command.ts'
import { SignedOutBoth } from '../../move/schemas.ts'
import { signedOutLines } from '../../move/words.ts'

const Side = z.object({ address: z.string() })

export const command = defineCommand({
  result: z.object({ move: z.string(), dryRun: z.boolean(), source: Side, destination: Side, signedOut: SignedOutBoth }),
  run: async ({ app, args, dryRun }) => {
    const services = await app.moves()
    using move = await services.moves.openLatest(args['move'])
    const sides = { source: { address: addressOf(move.facts, 'source') ?? '' }, destination: { address: addressOf(move.facts, 'destination') ?? '' } }
    if (dryRun) return { move: move.id, dryRun, ...sides, signedOut: { source: 'kept' as const, destination: 'kept' as const } }
    return { dryRun, ...sides, ...(await abortMove(services, move)) }
  },
  text: (result) => {
    if (result.dryRun) return { lines: [`Would end the move ${result.move} and both its sign-ins; what it has copied would stay. Nothing was changed.`] }
    return { lines: [`The move ${result.move} has ended. What it had copied stays where it is; nothing was changed at ${result.source.address}.`, ...signedOutLines(result.signedOut, result)] }
  },
  exitCode: ({ signedOut }) => (signedOut.source === 'failed' || signedOut.destination === 'failed' ? 6 : 0),
})
