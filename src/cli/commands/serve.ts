import { z } from 'zod'
import { serve, serveOnce } from '../../spaces/serve.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  result: z.object({
    spaces: z.number(),
    restarted: z.array(z.string()),
    updated: z.array(z.string()),
    disabledAccounts: z.array(z.object({ slug: z.string(), userIds: z.array(z.string()) })),
    quotasWritten: z.number(),
    backupsRemoved: z.array(z.string()),
    failures: z.array(z.object({ slug: z.string(), message: z.string() })),
  }),
  run: async (input) => {
    const context = await input.app.spaces()
    if (input.flags['once'] !== true) {
      input.terminal.say(`Keeping spaces (engine ${context.engine.name}); Ctrl-C ends.`)
      await serve(context, input.signal)
      const spaces = (await context.store.list('Space')).length
      return { spaces, restarted: [], updated: [], disabledAccounts: [], quotasWritten: 0, backupsRemoved: [], failures: [] }
    }
    const report = await serveOnce(context)
    return {
      ...report,
      restarted: [...report.restarted],
      updated: [...report.updated],
      backupsRemoved: [...report.backupsRemoved],
      failures: [...report.failures],
      disabledAccounts: report.disabledAccounts.map(({ slug, userIds }) => ({ slug, userIds: [...userIds] })),
    }
  },
  text: (report) => ({
    lines: [
      `${report.spaces} spaces; ${report.quotasWritten} quotas set.`,
      ...report.restarted.map((slug) => `${slug}: started again`),
      ...report.updated.map((slug) => `${slug}: brought up to its plan`),
      ...report.disabledAccounts.map(({ slug, userIds }) => `${slug}: above its account cap; disabled ${userIds.join(', ')}`),
      ...report.backupsRemoved.map((directory) => `removed the expired backup ${directory}`),
      ...report.failures.map(({ slug, message }) => `✗ ${slug}: ${message}`),
    ],
  }),
  exitCode: ({ failures }) => (failures.length === 0 ? 0 : 8),
})
