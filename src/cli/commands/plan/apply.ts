import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { ChatonError } from '../../../kit/errors.ts'
import { parseManifest } from '../../../model/manifest.ts'
import { applyPlans } from '../../../spaces/plans.ts'
import { defineCommand, required, type CommandInput } from '../../command.ts'
import type { Plan } from '../../../model/plan.ts'

const Change = z.object({
  plan: z.string(),
  action: z.enum(['create', 'keep', 'change']),
  differences: z.array(z.object({ field: z.string(), before: z.unknown(), after: z.unknown() })),
  spaces: z.array(z.string()),
})

const words = {
  did: { create: 'a new plan, stored', keep: 'stays as it is', change: 'changed' },
  would: { create: 'a new plan, would be stored', keep: 'stays as it is', change: 'would change' },
} as const

export const command = defineCommand({
  result: z.object({
    dryRun: z.boolean(),
    changes: z.array(Change),
    spaces: z.array(z.object({ slug: z.string(), ok: z.boolean(), message: z.string().optional() })),
  }),
  run: async (input) => {
    const plans = await readPlans(input)
    const { dryRun, changes, spaces } = await applyPlans(await input.app.spaces(), plans, { dryRun: input.dryRun, progress: input.progress })
    return {
      dryRun,
      changes: changes.map((change) => ({ ...change, differences: [...change.differences], spaces: [...change.spaces] })),
      spaces: [...spaces],
    }
  },
  text: ({ dryRun, changes, spaces }) => ({
    lines: [
      ...changes.flatMap(({ plan, action, differences, spaces: users }) => [
        `${plan}: ${words[dryRun ? 'would' : 'did'][action]}`,
        ...differences.map(({ field, before, after }) => `  ${field}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`),
        ...(users.length === 0 ? [] : [`  live spaces: ${users.join(', ')}`]),
      ]),
      ...spaces.map(({ slug, ok, message }) => (ok ? `  ✓ ${slug}` : `  ✗ ${slug}: ${message ?? ''}`)),
      ...(dryRun ? ['Nothing was changed.'] : []),
    ],
  }),
  exitCode: ({ spaces }) => (spaces.every(({ ok }) => ok) ? 0 : 6),
})

async function readPlans(input: CommandInput): Promise<readonly Plan[]> {
  const path = required(input, 'file')
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ChatonError('bad-input', `cannot read "${path}"`, { cause, next: ['name a file that exists; fixtures/plans/ has examples'] })
  })
  const resources = parseManifest(text, path)
  const plans = resources.filter((resource) => resource.kind === 'Plan')
  if (plans.length === resources.length) return plans
  throw new ChatonError('bad-input', `${path} has other things than plans`, { next: ['spaces are made by: chaton provision <file>'] })
}
