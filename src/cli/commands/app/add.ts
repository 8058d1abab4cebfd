import { z } from 'zod'
import { defineCommand, required, textFlag } from '../../command.ts'
import { addingProgress } from '../../present/adding.ts'
import { Verified, verifiedWords } from '../../present/verified.ts'

export const command = defineCommand({
  result: z.object({
    source: z.string(),
    from: z.enum(['directory', 'archive']),
    id: z.string().optional(),
    version: z.string().optional(),
    path: z.string().optional(),
    verified: Verified.optional(),
    dryRun: z.boolean(),
  }),
  run: async (input) => {
    const source = required(input, 'source')
    const apps = await input.app.apps()
    const from = await apps.judgeAdd(source)
    if (input.dryRun) return { source, from, dryRun: true }
    const sha512 = textFlag(input, 'sha512')
    const adding = addingProgress(input.progress)
    const { app, verified } = await apps.add(source, { ...(sha512 === undefined ? {} : { sha512 }), signal: input.signal, onProgress: adding.on })
    adding.done()
    return { source, from, id: app.id, version: app.version, path: app.path, verified, dryRun: false }
  },
  text: ({ source, from, id, version, verified, dryRun }) => ({
    lines: dryRun
      ? [`Would ${from === 'archive' ? 'unpack' : 'copy'} ${source}, check it and pin its version.`, 'Nothing was changed.']
      : [`${id ?? ''} ${version ?? ''} is pinned (${verifiedWords(verified)}). Plans enable it: spec.apps.enable`],
  }),
})
