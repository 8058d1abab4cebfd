import { z } from 'zod'
import { setAccountEnabled } from '../../../spaces/accounts.ts'
import { defineCommand, required } from '../../command.ts'

export const command = defineCommand({
  result: z.object({ slug: z.string(), userId: z.string(), enabled: z.boolean(), changed: z.boolean(), dryRun: z.boolean() }),
  run: async (input) => {
    const change = { userId: required(input, 'user'), enabled: false, dryRun: input.dryRun }
    return await setAccountEnabled(await input.app.spaces(), required(input, 'slug'), change)
  },
  text: ({ slug, userId, changed, dryRun }) => {
    if (!changed) return { lines: [`"${userId}" of ${slug} is disabled already.`] }
    return { lines: [dryRun ? `Would disable "${userId}" of ${slug}. Nothing was changed.` : `"${userId}" of ${slug} is disabled.`] }
  },
})
