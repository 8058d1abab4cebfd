import { requireSpace } from '../../../spaces/context.ts'
import { z } from 'zod'
import { defineCommand, required } from '../../command.ts'
import { columns, sandboxLines, usageWords } from '../../present/words.ts'
import { JournalResult, SpaceResult } from '../../schemas.ts'

const journalShown = 30

export const command = defineCommand({
  result: SpaceResult.extend({ journal: z.array(JournalResult) }),
  run: async (input) => {
    const { store, journal } = await input.app.records()
    const slug = required(input, 'slug')
    const space = await requireSpace(store, slug)
    return { ...space, journal: await journal.read(`space/${slug}`) }
  },
  text: ({ journal, ...space }) => {
    const { metadata, spec, status } = space
    const facts = [
      ['name', metadata.name],
      ['title', spec.title],
      ['phase', status?.phase ?? 'Pending'],
      ['address', status?.url ?? '-'],
      ['plan', spec.plan],
      ['used', usageWords(space)],
      ['accounts', status?.usage === undefined ? '-' : String(status.usage.accounts)],
      ['office', spec.office ?? 'first of the plan'],
      ['release', status?.release ?? '-'],
      ['engine', status?.engine ?? '-'],
      ['entrusted to', `${spec.owner.name} <${spec.owner.email}>`],
      ['handed over', status?.handOver?.sentAt ?? '-'],
    ]
    const conditions = (status?.conditions ?? []).map(({ type, status: value, message }) => `  ${type}=${value}: ${message}`)
    const entries = journal.slice(-journalShown).map(({ at, step, state, message }) => [`  ${at}`, step, state, message ?? ''])
    return {
      lines: [
        ...sandboxLines(space),
        ...columns(facts),
        ...(conditions.length === 0 ? [] : ['conditions:', ...conditions]),
        ...(entries.length === 0 ? [] : ['journal:', ...columns(entries)]),
      ],
    }
  },
})
