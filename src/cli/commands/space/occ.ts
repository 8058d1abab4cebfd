import { z } from 'zod'
import { requireSpace, targetOfStored } from '../../../spaces/context.ts'
import { defineCommand, required } from '../../command.ts'

export const command = defineCommand({
  result: z.object({ slug: z.string(), exitCode: z.number(), stdout: z.string(), stderr: z.string() }),
  run: async (input) => {
    const context = await input.app.spaces()
    const slug = required(input, 'slug')
    const target = await targetOfStored(context, await requireSpace(context.store, slug))
    return { slug, ...(await context.engine.occ(target, input.rest)) }
  },
  text: ({ stdout, stderr }) => ({ lines: `${stdout}${stderr}`.trimEnd().split('\n') }),
  exitCode: ({ exitCode }) => (exitCode === 0 ? 0 : 6),
})
