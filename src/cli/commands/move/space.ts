import { join } from 'node:path'
import { z } from 'zod'
import { abortSpaceMove } from '../../../evacuation/abort.ts'
import type { EvacuationServices, EvacuationWish } from '../../../evacuation/contract.ts'
import { elsewhereLines, peopleElsewhere, PeopleElsewhere } from '../../../evacuation/elsewhere.ts'
import { placeOf, slugAt } from '../../../evacuation/places.ts'
import { EvacuationPlan } from '../../../evacuation/plan.ts'
import { evacuationLines, evacuationPlanLines, EvacuationReport } from '../../../evacuation/report.ts'
import { moveSpace, planSpaceMove } from '../../../evacuation/run.ts'
import { ChatonError } from '../../../kit/errors.ts'
import { lockFile } from '../../../kit/lock.ts'
import type { SpacesContext } from '../../../spaces/context.ts'
import { defineCommand, required, textFlag, type CommandInput } from '../../command.ts'
import { optionsOf, passwordSignIn } from '../../move/wish.ts'

export const command = defineCommand({
  result: z.discriminatedUnion('what', [
    z.object({ what: z.literal('plan'), dryRun: z.literal(true), plan: EvacuationPlan }),
    z.object({ what: z.literal('done'), report: EvacuationReport }),
    z.object({ what: z.literal('aborted'), ended: z.array(z.string()) }),
    z.object({ what: z.literal('elsewhere'), to: z.string(), people: PeopleElsewhere }),
  ]),
  run: async (input) => {
    const spaces = await input.app.spaces()
    const given = required(input, 'space')
    const slug = await slugAt(spaces, given)
    if (slug === undefined) return await elsewhere(input, spaces, given)
    const wish = await wishOf(input, spaces, slug)
    const services = await servicesOf(input)
    if (input.dryRun) return { what: 'plan' as const, dryRun: true as const, plan: await planSpaceMove(services, wish) }
    if (input.flags['abort'] === true) return { what: 'aborted' as const, ended: await abortSpaceMove(services, wish) }
    return { what: 'done' as const, report: await moveSpace(services, wish, { progress: input.progress, signal: input.signal }) }
  },
  text: (result) => {
    if (result.what === 'plan') return { lines: [...evacuationPlanLines(result.plan), 'Nothing was changed.'] }
    if (result.what === 'elsewhere') return { lines: elsewhereLines(result.people, result.to) }
    if (result.what === 'aborted') return { lines: [result.ended.length === 0 ? 'No account was on its way.' : `Ended, and signed out: ${result.ended.join(', ')}. What has moved stays.`] }
    const { invitations } = result.report
    const told = invitations.length === 0 ? [] : ['No mail server is configured: give each of them their link, which sets their password:']
    return { lines: [...evacuationLines(result.report), ...told], reveal: invitations.map(({ userId, link }) => `  ${userId}: ${link}`) }
  },
  exitCode: (result) => (result.what === 'done' && !result.report.whole ? 8 : 0),
})

async function servicesOf({ app }: CommandInput): Promise<EvacuationServices> {
  return { ...(await app.moves()), directory: join(app.config.stateDirectory, 'evacuations'), lock: lockFile }
}

async function wishOf(input: CommandInput, spaces: SpacesContext, slug: string): Promise<EvacuationWish> {
  const { kinds, manner = 'polite' } = optionsOf(input)
  const slugs = await destinationsOf(input, spaces)
  if (slugs.includes(slug)) throw new ChatonError('bad-input', `"${slug}" cannot move into itself`, { next: ['name another space with --to'] })
  return {
    source: await placeOf(spaces, slug),
    destinations: await Promise.all(slugs.map(async (one) => await placeOf(spaces, one))),
    kinds,
    manner,
    atOnce: atOnceOf(input),
    invite: input.flags['invite'] === true,
  }
}

async function destinationsOf(input: CommandInput, spaces: SpacesContext): Promise<string[]> {
  const given = wordsOf(input)
  if (given.length === 0) throw new ChatonError('bad-input', 'a space moves into another one: it is not said which', { next: ['add --to <slug>; several, separated by commas'] })
  const slugs = await Promise.all(given.map(async (one) => [one, await slugAt(spaces, one)] as const))
  const foreign = slugs.find(([, slug]) => slug === undefined)
  if (foreign !== undefined) {
    throw new ChatonError('bad-input', `"${foreign[0]}" is not a space of this machine: nobody but the person can sign in to an account there from afar`, {
      next: ['name spaces of this machine: chaton space list', 'for accounts elsewhere each person moves on their own: chaton move'],
    })
  }
  return [...new Set(slugs.map(([one, slug]) => slug ?? one))]
}

const wordsOf = (input: CommandInput): string[] => textFlag(input, 'to')?.split(',').map((word) => word.trim()).filter((word) => word !== '') ?? []

const mostAtOnce = 16

function atOnceOf(input: CommandInput): number {
  const given = textFlag(input, 'atOnce') ?? '2'
  const count = Number(given)
  if (Number.isInteger(count) && count >= 1 && count <= mostAtOnce) return count
  throw new ChatonError('bad-input', `--at-once "${given}" is not allowed; allowed: 1 to ${mostAtOnce}`)
}

async function elsewhere(input: CommandInput, spaces: SpacesContext, given: string): Promise<{ what: 'elsewhere'; to: string; people: PeopleElsewhere }> {
  const [to = '<slug>'] = wordsOf(input).length === 0 ? [] : await destinationsOf(input, spaces)
  const signIn = passwordSignIn(input, 'source')
  const { hosts } = await input.app.moves()
  return { what: 'elsewhere', to, people: await peopleElsewhere(hosts, given, { signIn, allowPlainHttp: input.flags['allowHttp'] === true }) }
}
