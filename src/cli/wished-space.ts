import { readFile } from 'node:fs/promises'
import { ChatonError, hasSystemCode } from '../kit/errors.ts'
import { nearest } from '../kit/suggest.ts'
import { parseManifest } from '../model/manifest.ts'
import { apiVersion } from '../model/metadata.ts'
import { explainProblems } from '../model/problems.ts'
import { judgeSlug } from '../model/slug.ts'
import { Space } from '../model/space.ts'
import type { SpacesContext } from '../spaces/context.ts'
import { required, textFlag, type CommandInput } from './command.ts'
import { count } from './present/words.ts'

/** The space that `chaton provision <file|slug>` speaks of, flags included: from a manifest, from the store, or a new one. */
export async function wishedSpace(input: CommandInput, context: SpacesContext): Promise<Space> {
  const source = required(input, 'file|slug')
  const text = await readManifestFile(source)
  const space = text === undefined ? await spaceByName(input, context, source) : spaceFromFile(source, text)
  return withFlags(input, space)
}

async function readManifestFile(source: string): Promise<string | undefined> {
  try {
    return await readFile(source, 'utf8')
  } catch (error) {
    const looksLikeFile = /[/\\]|\.ya?ml$/i.test(source)
    if (!looksLikeFile && hasSystemCode(error, 'ENOENT', 'EISDIR', 'ENOTDIR')) return undefined
    throw new ChatonError('bad-input', `cannot read the manifest "${source}"`, {
      cause: error,
      next: ['name a file that exists; fixtures/spaces/jardin-partage.yaml is an example'],
    })
  }
}

function spaceFromFile(source: string, text: string): Space {
  const resources = parseManifest(text, source)
  const spaces = resources.filter((resource) => resource.kind === 'Space')
  const plans = resources.length - spaces.length
  const [space] = spaces
  if (space !== undefined && resources.length === 1) return space
  const found = [spaces.length === 0 ? 'no space' : count(spaces.length, 'space'), ...(plans === 0 ? [] : [count(plans, 'plan')])]
  throw new ChatonError('bad-input', `${source} describes ${found.join(' and ')}; chaton provision takes exactly one space`, {
    next: plans === 0 ? ['put each space in a file of its own'] : ['plans have files of their own, and are stored by: chaton plan apply <file>'],
  })
}

/** What a new space needs to be told; all else has a default. */
const needed = [
  { flag: 'title', syntax: '--title <title>', question: 'Name of the collective?' },
  { flag: 'plan', syntax: '--plan <name>', question: 'Plan?' },
  { flag: 'ownerName', syntax: '--owner-name <name>', question: 'Who is it entrusted to (name)?' },
  { flag: 'ownerEmail', syntax: '--owner-email <address>', question: 'Their mail address?' },
] as const

type Answers = Record<(typeof needed)[number]['flag'], string>

/** A stored space as it stands, or a new one made from the flags (or from questions on a terminal). */
async function spaceByName(input: CommandInput, context: SpacesContext, slug: string): Promise<Space> {
  const stored = await context.store.get('Space', slug)
  if (stored !== undefined) return stored
  const verdict = judgeSlug(slug)
  if (!verdict.ok) {
    const next = verdict.suggestion === undefined ? [] : [`for example: chaton provision ${verdict.suggestion}`]
    throw new ChatonError('bad-input', verdict.reason, { next })
  }
  const { title, plan, ownerName, ownerEmail } = await answers(input, context, slug)
  const owner = { name: ownerName, email: ownerEmail, locale: textFlag(input, 'locale') === 'en' ? ('en' as const) : ('fr' as const) }
  return { apiVersion, kind: 'Space', metadata: { name: slug }, spec: { title, plan, owner, suspended: false } }
}

async function answers(input: CommandInput, context: SpacesContext, slug: string): Promise<Answers> {
  const given = new Map(needed.map(({ flag }) => [flag, textFlag(input, flag)]))
  const missing = needed.filter(({ flag }) => given.get(flag) === undefined)
  const near = nearest(slug, (await context.store.list('Space')).map(({ metadata }) => metadata.name))
  const hint = near === undefined ? '' : `; did you mean "${near}"?`
  if (missing.length > 0 && !input.terminal.canAsk) {
    const flags = missing.map(({ syntax }) => syntax).join(' ')
    throw new ChatonError(missing.length === needed.length ? 'not-found' : 'bad-input', `there is no space named "${slug}"${hint === '' ? ', and a new one has to be described' : hint}`, {
      next: [`to make it, add: ${flags}`, 'or write a manifest; fixtures/spaces/jardin-partage.yaml is an example'],
    })
  }
  if (missing.length > 0) input.terminal.say(`"${slug}" is a new space${hint}`)
  const plans = (await context.store.list('Plan')).map(({ metadata }) => metadata.name)
  for (const { flag, syntax, question } of missing) {
    const allowed = flag === 'plan' ? plans : undefined
    given.set(flag, await askUntilGiven(input, allowed === undefined ? question : `${question} (${allowed.join(', ')})`, { syntax, allowed }))
  }
  return Object.fromEntries(given) as Answers
}

/** Asks again after an empty answer, or one that is not among those allowed. */
async function askUntilGiven(input: CommandInput, question: string, { syntax, allowed }: { syntax: string; allowed: readonly string[] | undefined }): Promise<string> {
  for (;;) {
    const answer = await input.terminal.ask(question, syntax)
    if (answer !== '' && (allowed === undefined || allowed.includes(answer))) return answer
  }
}

/** Flags win over the manifest; what comes out is checked like a manifest. */
function withFlags(input: CommandInput, space: Space): Space {
  const { metadata, spec } = space
  const flag = (name: string): string | undefined => textFlag(input, name)
  const overrides = { plan: flag('plan'), title: flag('title'), office: flag('office'), domain: flag('domain'), release: flag('release') }
  const owner = { ...spec.owner, ...defined({ name: flag('ownerName'), email: flag('ownerEmail'), locale: flag('locale') }) }
  const wished = { apiVersion, kind: 'Space', metadata: { name: metadata.name }, spec: { ...spec, ...defined(overrides), owner } }
  const parsed = Space.safeParse(wished)
  if (parsed.success) return parsed.data
  const problems = explainProblems(Space, parsed.error, wished)
  throw new ChatonError('bad-input', `the space cannot be made like this:\n  ${problems.join('\n  ')}`, { data: { problems } })
}

function defined(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
