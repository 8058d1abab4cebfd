import { z } from 'zod'
import { defineCommand, required, textFlag } from '../../command.ts'
import { Verified, verifiedWords } from '../../present/verified.ts'

export const command = defineCommand({
  result: z.object({ version: z.string().optional(), path: z.string().optional(), verified: Verified.optional(), notes: z.array(z.string()), dryRun: z.boolean() }),
  run: async (input) => {
    const source = required(input, 'source')
    if (input.dryRun) return { notes: [`would install ${source} under ${input.app.config.releasesDirectory}`], dryRun: true }
    const sha512 = textFlag(input, 'sha512')
    const { release, verified } = await (await input.app.releases()).add(source, {
      ...(sha512 === undefined ? {} : { sha512 }),
      signal: input.signal,
      onProgress: ({ step, fraction }) =>
        input.progress({ step, title: step, state: 'started', ...(fraction === undefined ? {} : { note: `${Math.round(fraction * 100)} %` }) }),
    })
    input.progress({ step: 'golden', title: 'Golden space, from which new ones are cloned', state: 'started' })
    await input.app.prepareRelease(release.version)
    input.progress({ step: 'golden', title: 'Golden space, from which new ones are cloned', state: 'done' })
    return { version: release.version, path: release.path, verified, notes: [...release.notes], dryRun: false }
  },
  text: ({ version, path, verified, notes, dryRun }) => ({
    lines: dryRun ? [...notes, 'Nothing was changed.'] : [`Nextcloud ${version ?? ''} is installed: ${path ?? ''} (${verifiedWords(verified)})`, ...notes.map((note) => `  ${note}`)],
  }),
})
