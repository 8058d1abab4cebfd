import { z } from 'zod'
import { defineCommand, required } from '../../command.ts'

export const command = defineCommand({
  result: z.object({ version: z.string(), dryRun: z.boolean() }),
  run: async (input) => {
    const version = required(input, 'version')
    const spaces = await (await input.app.records()).store.list('Space')
    const usedBy = spaces.filter(({ spec, status }) => (status?.release ?? spec.release) === version).map(({ metadata }) => metadata.name)
    if (input.dryRun) return { version, dryRun: true }
    await (await input.app.releases()).remove(version, usedBy)
    await input.app.forgetRelease(version)
    return { version, dryRun: false }
  },
  text: ({ version, dryRun }) => ({ lines: [dryRun ? `Would remove Nextcloud ${version}. Nothing was changed.` : `Nextcloud ${version} is removed.`] }),
})
