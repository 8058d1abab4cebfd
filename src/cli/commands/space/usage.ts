import { z } from 'zod'
import { formatSize } from '../../../kit/bytes.ts'
import { requireSpace } from '../../../spaces/context.ts'
import { spaceUsage } from '../../../spaces/usage-report.ts'
import { defineCommand, required } from '../../command.ts'
import { columns } from '../../present/words.ts'

export const command = defineCommand({
  result: z.object({
    slug: z.string(),
    poolBytes: z.number(),
    usedBytes: z.number(),
    exact: z.boolean(),
    hardLimit: z.boolean(),
    filesBytes: z.number(),
    versionsBytes: z.number(),
    trashBytes: z.number(),
    otherBytes: z.number(),
    accounts: z.array(
      z.object({
        userId: z.string(),
        enabled: z.boolean(),
        filesBytes: z.number(),
        versionsBytes: z.number(),
        trashBytes: z.number(),
        otherBytes: z.number(),
        mayWriteBytes: z.number().optional(),
      }),
    ),
  }),
  run: async (input) => {
    const context = await input.app.spaces()
    const report = await spaceUsage(context, await requireSpace(context.store, required(input, 'slug')))
    return { ...report, accounts: [...report.accounts] }
  },
  text: (report) => {
    const percent = Math.round((report.usedBytes / Math.max(1, report.poolBytes)) * 100)
    const rows = report.accounts.map((account) => [
      account.userId,
      formatSize(account.filesBytes),
      formatSize(account.versionsBytes),
      formatSize(account.trashBytes),
      formatSize(account.otherBytes),
      account.mayWriteBytes === undefined ? '-' : formatSize(account.mayWriteBytes),
    ])
    const fence = report.hardLimit ? 'More than the pool is refused, whatever the accounts do.' : 'Soft limit: kept by account quotas alone.'
    const free = `Freed first: trash ${formatSize(report.trashBytes)}, old versions ${formatSize(report.versionsBytes)}.`
    return {
      lines: [
        `${report.slug}: ${formatSize(report.usedBytes)} of ${formatSize(report.poolBytes)} used (${percent} %). ${fence}`,
        ...columns([['ACCOUNT', 'FILES', 'VERSIONS', 'TRASH', 'OTHER', 'MAY WRITE'], ...rows]),
        ...(percent >= 80 ? [free] : []),
      ],
    }
  },
})
