import { z } from 'zod'
import { serve, serveOnce, type RoundReport } from '../../spaces/serve.ts'
import { defineCommand, type CommandInput } from '../command.ts'
import { count } from '../present/words.ts'

const Result = z.object({
  ran: z.enum(['until-stopped', 'once', 'dry-run']),
  spaces: z.number(),
  restarted: z.array(z.string()),
  updated: z.array(z.string()),
  disabledAccounts: z.array(z.object({ slug: z.string(), userIds: z.array(z.string()) })),
  quotasWritten: z.number(),
  backupsRemoved: z.array(z.string()),
  failures: z.array(z.object({ slug: z.string(), message: z.string() })),
})
type Result = z.infer<typeof Result>

export const command = defineCommand({
  result: Result,
  run: async (input) => {
    const context = await input.app.spaces()
    if (input.dryRun) return toResult('dry-run', await serveOnce(context, { dryRun: true }))
    if (input.flags['once'] === true) return toResult('once', await serveOnce(context, { dryRun: false }))
    return await untilStopped(input)
  },
  text: (report) => ({ lines: report.ran === 'until-stopped' ? ['Stopped. The spaces go on running by themselves.'] : roundLines(report) }),
  exitCode: ({ failures }) => (failures.length === 0 ? 0 : 8),
})

async function untilStopped(input: CommandInput): Promise<Result> {
  const context = await input.app.spaces()
  input.terminal.say(`Keeping spaces (engine ${context.engine.name}); Ctrl-C ends.`)
  await serve(context, input.signal)
  const spaces = (await context.store.list('Space')).length
  return { ran: 'until-stopped', spaces, restarted: [], updated: [], disabledAccounts: [], quotasWritten: 0, backupsRemoved: [], failures: [] }
}

function toResult(ran: Result['ran'], report: RoundReport): Result {
  return {
    ran,
    spaces: report.spaces,
    quotasWritten: report.quotasWritten,
    restarted: [...report.restarted],
    updated: [...report.updated],
    backupsRemoved: [...report.backupsRemoved],
    failures: [...report.failures],
    disabledAccounts: report.disabledAccounts.map(({ slug, userIds }) => ({ slug, userIds: [...userIds] })),
  }
}

function roundLines({ ran, ...report }: Result): string[] {
  const would = ran === 'dry-run' ? 'would be ' : ''
  return [
    `${count(report.spaces, 'space')}; ${count(report.quotasWritten, 'quota')} ${would}set.`,
    ...report.restarted.map((slug) => `${slug}: ${would}started again`),
    ...report.updated.map((slug) => `${slug}: ${would}brought up to its plan`),
    ...report.disabledAccounts.map(({ slug, userIds }) => `${slug}: above its account cap; ${would}disabled: ${userIds.join(', ')}`),
    ...report.backupsRemoved.map((directory) => `${would}removed, expired: the backup ${directory}`),
    ...report.failures.map(({ slug, message }) => `✗ ${slug}: ${message}`),
    ...(ran === 'dry-run' ? ['Nothing was changed.'] : []),
  ]
}
