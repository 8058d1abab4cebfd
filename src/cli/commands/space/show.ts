import { z } from 'zod'
import type { Space, SpaceStatus } from '../../../model/space.ts'
import { requireSpace } from '../../../spaces/context.ts'
import { defineCommand, required } from '../../command.ts'
import { columns, sandboxLines, usageWords } from '../../present/words.ts'
import { JournalResult, SpaceResult } from '../../schemas.ts'

const journalShown = 24

export const command = defineCommand({
  result: SpaceResult.extend({ journal: z.array(JournalResult) }),
  run: async (input) => {
    const { store, journal } = await input.app.records()
    const slug = required(input, 'slug')
    const space = await requireSpace(store, slug)
    return { ...space, journal: await journal.read(`space/${slug}`) }
  },
  text: ({ journal, ...space }) => ({
    lines: [...sandboxLines(space), ...columns(factsOf(space)), ...conditionLines(space.status), ...journalLines(journal)],
  }),
})

/** What is asked for, then what is observed of it. */
function factsOf({ metadata, spec, status }: Space): string[][] {
  const { name, email } = spec.owner
  const wished = [
    ['name', metadata.name],
    ['title', spec.title],
    ['plan', spec.plan],
    ['office', spec.office ?? 'first of the plan'],
    ['entrusted to', `${name} <${email}>`],
  ]
  return [...wished, ...observedFacts(status ?? { phase: 'Pending', conditions: [] })]
}

function observedFacts({ phase, url, usage, release, engine, handOver }: SpaceStatus): string[][] {
  return [
    ['phase', phase],
    ['address', url ?? '-'],
    ['used', usageWords(usage)],
    ['accounts', usage === undefined ? '-' : String(usage.accounts)],
    ['release', release ?? '-'],
    ['engine', engine ?? '-'],
    ['handed over', handOver?.sentAt ?? '-'],
  ]
}

function conditionLines(status: SpaceStatus | undefined): string[] {
  const conditions = (status?.conditions ?? []).map(({ type, status: value, message }) => `  ${type}=${value}: ${message}`)
  return conditions.length === 0 ? [] : ['conditions:', ...conditions]
}

/** Without the beginnings of steps that have ended. */
function ended(journal: readonly z.infer<typeof JournalResult>[]): readonly z.infer<typeof JournalResult>[] {
  return journal.filter((entry, index) => entry.state !== 'started' || !journal.slice(index + 1).some(({ run, step }) => run === entry.run && step === entry.step))
}

function journalLines(journal: readonly z.infer<typeof JournalResult>[]): string[] {
  const entries = ended(journal).slice(-journalShown).map(({ at, step, state, message }) => [`  ${at}`, step, state, message ?? ''])
  return entries.length === 0 ? [] : ['journal:', ...columns(entries)]
}
