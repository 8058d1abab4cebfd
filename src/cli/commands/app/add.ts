import { z } from 'zod'
import { defineCommand, required, textFlag } from '../../command.ts'
import { Verified, verifiedWords } from '../../present/verified.ts'

export const command = defineCommand({
  result: z.object({ id: z.string().optional(), version: z.string().optional(), path: z.string().optional(), verified: Verified.optional(), dryRun: z.boolean() }),
  run: async (input) => {
    if (input.dryRun) return { dryRun: true }
    const sha512 = textFlag(input, 'sha512')
    const { app, verified } = await (await input.app.apps()).add(required(input, 'source'), {
      ...(sha512 === undefined ? {} : { sha512 }),
      signal: input.signal,
      onProgress: ({ step }) => input.progress({ step, title: step, state: 'started' }),
    })
    return { id: app.id, version: app.version, path: app.path, verified, dryRun: false }
  },
  text: ({ id, version, verified, dryRun }) => ({
    lines: dryRun
      ? ['Would unpack and check it, then pin its version. Nothing was changed.']
      : [`${id ?? ''} ${version ?? ''} is pinned (${verifiedWords(verified)}). Plans enable it: spec.apps.enable`],
  }),
})
