import { z } from 'zod'
import { resumeSpace } from '../../../spaces/lifecycle.ts'
import { defineCommand, required } from '../../command.ts'
import { sandboxLines } from '../../present/words.ts'
import { SpaceResult } from '../../schemas.ts'

export const command = defineCommand({
  result: SpaceResult.extend({ dryRun: z.boolean() }),
  run: async (input) => {
    const { dryRun, app } = input
    return { ...(await resumeSpace(await app.spaces(), required(input, 'slug'), { dryRun })), dryRun }
  },
  text: ({ dryRun, ...space }) => ({
    lines: [...sandboxLines(space), dryRun ? `Would resume ${space.metadata.name}. Nothing was changed.` : `${space.metadata.name} is open again.`],
  }),
})
