import { z } from 'zod'
import { restoreSpace } from '../../../spaces/backup/restore.ts'
import { defineCommand, required, textFlag } from '../../command.ts'
import { sandboxLines } from '../../present/words.ts'
import { SpaceResult } from '../../schemas.ts'

export const command = defineCommand({
  result: SpaceResult.extend({ dryRun: z.boolean(), backupOf: z.string() }),
  run: async (input) => {
    const slug = textFlag(input, 'as')
    const { space, manifest, dryRun } = await restoreSpace(await input.app.spaces(), {
      from: required(input, 'directory'),
      dryRun: input.dryRun,
      progress: input.progress,
      ...(slug === undefined ? {} : { slug }),
    })
    return { ...space, dryRun, backupOf: manifest.createdAt }
  },
  text: ({ dryRun, backupOf, ...space }) => ({
    lines: [
      ...sandboxLines(space),
      dryRun
        ? `The backup of ${backupOf} is whole; would restore it as ${space.metadata.name}. Nothing was changed.`
        : `${space.metadata.name} is restored as of ${backupOf}: ${space.status?.url ?? ''}. People sign in with their passwords of then.`,
    ],
  }),
})
