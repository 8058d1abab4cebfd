import { z } from 'zod'
import { defineCommand, required, textFlag } from '../../command.ts'
import { addingProgress } from '../../present/adding.ts'
import { Verified, verifiedWords } from '../../present/verified.ts'

const would = { download: 'download and verify Nextcloud', directory: 'copy', archive: 'unpack' } as const

export const command = defineCommand({
  result: z.object({
    source: z.string(),
    from: z.enum(['download', 'directory', 'archive']),
    version: z.string().optional(),
    path: z.string().optional(),
    verified: Verified.optional(),
    notes: z.array(z.string()),
    dryRun: z.boolean(),
  }),
  run: async (input) => {
    const source = required(input, 'source')
    const sha512 = textFlag(input, 'sha512')
    const options = sha512 === undefined ? {} : { sha512 }
    const releases = await input.app.releases()
    const from = await releases.judgeAdd(source, options)
    if (input.dryRun) return { source, from, notes: [], dryRun: true }
    const adding = addingProgress(input.progress)
    const { release, verified } = await releases.add(source, { ...options, signal: input.signal, onProgress: adding.on })
    adding.done()
    input.progress({ step: 'golden', title: 'Golden space, from which new ones are cloned', state: 'started' })
    await input.app.prepareRelease(release.version)
    input.progress({ step: 'golden', title: 'Golden space, from which new ones are cloned', state: 'done' })
    return { source, from, version: release.version, path: release.path, verified, notes: [...release.notes], dryRun: false }
  },
  text: ({ source, from, version, path, verified, notes, dryRun }) => ({
    lines: dryRun ? [`Would ${would[from]} ${source}, check that it is whole, install it and make its golden space.`, 'Nothing was changed.'] : [`Nextcloud ${version ?? ''} is installed: ${path ?? ''} (${verifiedWords(verified)})`, ...notes.map((note) => `  ${note}`)],
  }),
})
