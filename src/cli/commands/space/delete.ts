import { z } from 'zod'
import { ChatonError } from '../../../kit/errors.ts'
import { requireSpace } from '../../../spaces/context.ts'
import { deleteSpace } from '../../../spaces/lifecycle.ts'
import { defineCommand, required, textFlag, type CommandInput } from '../../command.ts'

export const command = defineCommand({
  result: z.object({ slug: z.string(), dryRun: z.boolean(), backup: z.string().optional(), keptUntil: z.string().optional() }),
  run: async (input) => {
    const context = await input.app.spaces()
    const slug = required(input, 'slug')
    await requireSpace(context.store, slug)
    const backup = input.flags['backup'] !== false
    if (!input.dryRun) await confirm(input, slug)
    return await deleteSpace(context, slug, { dryRun: input.dryRun, backup, progress: input.progress })
  },
  text: ({ slug, dryRun, backup, keptUntil }) => {
    if (dryRun) return { lines: [`Would back up ${slug}, then remove its site, processes, database, files and accounts. Nothing was changed.`] }
    if (backup === undefined) return { lines: [`${slug} is deleted. There is no backup.`] }
    return {
      lines: [`${slug} is deleted. Its last backup is kept until ${keptUntil?.slice(0, 10) ?? ''}:`, `  ${backup}`, `Undo: chaton space restore ${backup}`],
    }
  },
})

async function confirm(input: CommandInput, slug: string): Promise<void> {
  const answer =
    textFlag(input, 'confirm') ??
    (await input.terminal.ask(`This removes "${slug}" and all its data. Type its name to go on:`, `--confirm ${slug}`))
  if (answer === slug) return
  throw new ChatonError('refused', `"${answer}" is not "${slug}": nothing was deleted`, { next: [`to delete it: chaton space delete ${slug} --confirm ${slug}`] })
}
