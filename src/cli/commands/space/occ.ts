import { z } from 'zod'
import { requireSpace, targetOfStored } from '../../../spaces/context.ts'
import { defineCommand, required } from '../../command.ts'

export const command = defineCommand({
  result: z.object({
    slug: z.string(),
    arguments: z.array(z.string()),
    dryRun: z.boolean(),
    exitCode: z.number().optional().describe('Exit code of occ; absent with --dry-run.'),
    stdout: z.string(),
    stderr: z.string(),
  }),
  run: async (input) => {
    const context = await input.app.spaces()
    const slug = required(input, 'slug')
    const target = await targetOfStored(context, await requireSpace(context.store, slug))
    const said = { slug, arguments: [...input.rest], dryRun: input.dryRun }
    if (input.dryRun) return { ...said, stdout: '', stderr: '' }
    return { ...said, ...(await context.engine.occ(target, input.rest)) }
  },
  text: ({ slug, dryRun, stdout, stderr, arguments: words }) => ({
    lines: dryRun ? [`Would run for ${slug}: occ ${words.join(' ')}`, 'Nothing was changed.'] : `${stdout}${stderr}`.trimEnd().split('\n'),
  }),
  exitCode: ({ exitCode }) => (exitCode === undefined || exitCode === 0 ? 0 : 6),
})
