import { z } from 'zod'
import { ChatonError } from '../../../kit/errors.ts'
import { Locale } from '../../../model/space.ts'
import { inviteAccount, userIdFrom } from '../../../spaces/accounts.ts'
import { defineCommand, required, textFlag } from '../../command.ts'

export const command = defineCommand({
  result: z.object({ slug: z.string(), userId: z.string(), to: z.string(), dryRun: z.boolean(), link: z.string().optional() }),
  run: async (input) => {
    const email = required(input, 'email')
    const userId = textFlag(input, 'user')
    const wished = textFlag(input, 'locale')
    const locale = Locale.optional().safeParse(wished)
    if (!locale.success) throw new ChatonError('bad-input', `--locale "${wished ?? ''}" is not allowed; allowed: ${Locale.options.join(', ')}`)
    return await inviteAccount(await input.app.spaces(), required(input, 'slug'), {
      email,
      name: textFlag(input, 'name') ?? userId ?? userIdFrom(email),
      dryRun: input.dryRun,
      ...(userId === undefined ? {} : { userId }),
      ...(locale.data === undefined ? {} : { locale: locale.data }),
    })
  },
  text: ({ slug, userId, to, dryRun, link }) => {
    if (dryRun) return { lines: [`Would invite ${to} to ${slug} as "${userId}". Nothing was changed.`] }
    if (link === undefined) return { lines: [`"${userId}" is invited to ${slug}; the invitation went to ${to}.`] }
    return { lines: [`"${userId}" is invited to ${slug}. No mail server is configured: give this link to ${to}; it sets the password:`], reveal: [`  ${link}`] }
  },
})
