import { z } from 'zod'
import { usersOfRelease } from '../../../spaces/releases.ts'
import { defineCommand, required } from '../../command.ts'

export const command = defineCommand({
  result: z.object({ version: z.string(), dryRun: z.boolean() }),
  run: async (input) => {
    const version = required(input, 'version')
    const spaces = await (await input.app.records()).store.list('Space')
    const usedBy = usersOfRelease(version, spaces)
    const releases = await input.app.releases()
    await releases.judgeRemove(version, usedBy)
    if (input.dryRun) return { version, dryRun: true }
    await releases.remove(version, usedBy)
    await input.app.forgetRelease(version)
    return { version, dryRun: false }
  },
  text: ({ version, dryRun }) => ({ lines: [dryRun ? `Would remove Nextcloud ${version}. Nothing was changed.` : `Nextcloud ${version} is removed.`] }),
})
