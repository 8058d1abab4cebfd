import { z } from 'zod'
import { formatSize } from '../../../kit/bytes.ts'
import { listAccounts } from '../../../spaces/accounts.ts'
import { defineCommand, required } from '../../command.ts'
import { columns } from '../../present/words.ts'

const Account = z.object({
  userId: z.string(),
  displayName: z.string(),
  email: z.string().optional(),
  enabled: z.boolean(),
  administrator: z.boolean(),
  createdAt: z.number().optional().describe('Unix seconds.'),
  quotaBytes: z.number().optional(),
})

export const command = defineCommand({
  result: z.object({ slug: z.string(), accounts: z.array(Account), enabled: z.number(), cap: z.number() }),
  run: async (input) => {
    const list = await listAccounts(await input.app.spaces(), required(input, 'slug'))
    return { ...list, accounts: [...list.accounts] }
  },
  text: ({ accounts, enabled, cap }) => {
    const rows = accounts.map((account) => [
      account.userId,
      account.displayName,
      account.email ?? '-',
      account.enabled ? 'enabled' : 'disabled',
      account.administrator ? 'administrator' : '',
      account.quotaBytes === undefined ? '-' : formatSize(account.quotaBytes),
    ])
    return { lines: [...columns([['USER', 'NAME', 'MAIL', 'STATE', 'ROLE', 'MAY USE'], ...rows]), `${enabled} of ${cap} accounts in use.`] }
  },
})
