import { z } from 'zod'
import { ChatonError } from '../../../kit/errors.ts'
import { Hostname } from '../../../model/hostname.ts'
import { defineCommand, textFlag, type CommandInput } from '../../command.ts'

function domainFlag(input: CommandInput): string | undefined {
  const parsed = Hostname.optional().safeParse(textFlag(input, 'domain'))
  if (parsed.success) return parsed.data
  throw new ChatonError('bad-input', `--domain: ${parsed.error.issues[0]?.message ?? ''}`)
}

export const command = defineCommand({
  result: z.object({
    dryRun: z.boolean(),
    steps: z.array(z.object({ name: z.string(), title: z.string() })),
    done: z.array(z.string()),
    notes: z.array(z.string()),
    settings: z.object({ path: z.string(), state: z.enum(['written', 'same', 'different', 'absent']), text: z.string() }),
  }),
  run: async (input) => {
    const domain = domainFlag(input)
    const release = textFlag(input, 'release')
    const { plan, done, settings } = await input.app.setupHost({
      dryRun: input.dryRun,
      say: (line) => input.terminal.say(line),
      signal: input.signal,
      ...(domain === undefined ? {} : { domain }),
      ...(release === undefined ? {} : { release }),
    })
    return { dryRun: input.dryRun, steps: plan.steps.map(({ name, title }) => ({ name, title })), done: [...done], notes: [...plan.notes], settings: { ...settings } }
  },
  text: ({ dryRun, steps, done, notes, settings }) => ({
    lines: [
      ...notes,
      ...(settings.state === 'different'
        ? [`${settings.path} is there and stays; a new one would say:`, ...settings.text.trimEnd().split('\n').map((line) => `  ${line}`)]
        : []),
      ...(steps.length === 0 ? ['This machine is ready: nothing to do.'] : []),
      ...(dryRun ? ['Nothing was changed.'] : []),
      ...(done.length > 0 ? [`Done: ${done.join(', ')}. Next: chaton doctor, then chaton provision <file>`] : []),
    ],
  }),
})
