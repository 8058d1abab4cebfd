import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { ChatonError, hasSystemCode } from '../../kit/errors.ts'
import { parseManifest } from '../../model/manifest.ts'
import { apiVersion } from '../../model/metadata.ts'
import { explainProblems } from '../../model/problems.ts'
import { judgeSlug } from '../../model/slug.ts'
import { Space } from '../../model/space.ts'
import { applyPlans } from '../../spaces/plans.ts'
import { provision, type ProvisionResult } from '../../spaces/provision.ts'
import type { SpacesContext } from '../../spaces/context.ts'
import { defineCommand, required, textFlag, type CommandInput, type Shown } from '../command.ts'
import { sandboxLines } from '../present/words.ts'
import { FindingResult, SignInResult, SpaceResult, StepResult } from '../schemas.ts'

/** The space itself, with how to sign in and what was done beside it. */
const Result = SpaceResult.extend({
  signIn: SignInResult.optional(),
  dryRun: z.boolean(),
  action: z.enum(['create', 'keep', 'change']),
  plan: z.array(z.object({ name: z.string(), title: z.string() })),
  steps: z.array(StepResult),
  findings: z.array(FindingResult),
})

export const command = defineCommand({
  result: Result,
  run: async (input) => {
    const context = await input.app.spaces()
    const manifest = await readSpace(input, context)
    return toResult(await provision(context, manifest, { dryRun: input.dryRun, progress: input.progress }))
  },
  text: (result) => (result.dryRun ? planText(result) : doneText(result)),
})

function toResult({ space, signIn, dryRun, claim, plan, steps, findings }: ProvisionResult): z.infer<typeof Result> {
  return { ...space, ...(signIn === undefined ? {} : { signIn }), dryRun, action: claim.action, plan: [...plan], steps: [...steps], findings: [...findings] }
}

function planText(result: z.infer<typeof Result>): Shown {
  return {
    lines: [
      `Would ${result.action} ${result.metadata.name} (${result.spec.title}), plan ${result.spec.plan}:`,
      ...result.plan.map(({ title }, index) => `  ${String(index + 1).padStart(2)}. ${title}`),
      ...result.findings.flatMap(({ severity, message, fix }) => [`${severity}: ${message}`, ...(fix === undefined ? [] : [`  → ${fix}`])]),
      'Nothing was changed.',
    ],
  }
}

function doneText(result: z.infer<typeof Result>): Shown {
  const { status, signIn, metadata, spec } = result
  const lines = [
    ...sandboxLines(result),
    ...result.findings.filter(({ severity }) => severity === 'warning').map(({ message }) => `warning: ${message}`),
    `${spec.title} (${metadata.name}) is ready: ${status?.url ?? ''}`,
  ]
  if (signIn === undefined) return { lines }
  if (signIn.how === 'invitation-mailed') return { lines: [...lines, `Invitation mailed to ${signIn.to}; user id "${signIn.user}".`] }
  if (signIn.how === 'invitation-link') {
    return { lines: [...lines, `Give this link to ${spec.owner.name}; it sets the password of "${signIn.user}":`], reveal: [`  ${signIn.link}`] }
  }
  return {
    lines: [...lines, `Sign in:   user      ${signIn.user}`],
    reveal: [
      `           password  ${signIn.password}`,
      `Try it:    curl -u '${signIn.user}:${signIn.password}' -T README.md ${signIn.url}/remote.php/dav/files/${signIn.user}/README.md`,
    ],
  }
}

async function readSpace(input: CommandInput, context: SpacesContext): Promise<Space> {
  const source = required(input, 'file|slug')
  const text = await readManifestFile(source)
  const space = text === undefined ? await spaceByName(input, context, source) : await spaceFromFile(input, context, { source, text })
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

async function spaceFromFile(input: CommandInput, context: SpacesContext, { source, text }: { source: string; text: string }): Promise<Space> {
  const resources = parseManifest(text, source)
  const spaces = resources.filter((resource) => resource.kind === 'Space')
  const plans = resources.filter((resource) => resource.kind === 'Plan')
  const [space] = spaces
  if (space === undefined || spaces.length > 1) {
    throw new ChatonError('bad-input', `${source} describes ${spaces.length} spaces; chaton provision takes exactly one`, {
      next: plans.length > 0 && spaces.length === 0 ? [`plans are stored by: chaton plan apply ${source}`] : ['put each space in a file of its own'],
    })
  }
  if (plans.length > 0) await applyPlans(context, plans, { dryRun: input.dryRun, progress: input.progress })
  return space
}

/** A stored space as it stands, or a new one made from the flags (or from questions on a terminal). */
async function spaceByName(input: CommandInput, context: SpacesContext, slug: string): Promise<Space> {
  const stored = await context.store.get('Space', slug)
  if (stored !== undefined) return stored
  const verdict = judgeSlug(slug)
  if (!verdict.ok) {
    const next = verdict.suggestion === undefined ? [] : [`for example: chaton provision ${verdict.suggestion}`]
    throw new ChatonError('bad-input', verdict.reason, { next })
  }
  const ask = async (flag: string, question: string): Promise<string> => textFlag(input, flag) ?? (await input.terminal.ask(question, flagSyntax(flag)))
  return {
    apiVersion,
    kind: 'Space',
    metadata: { name: slug },
    spec: {
      title: await ask('title', 'Name of the collective?'),
      plan: await ask('plan', 'Plan (collective, tiny, person-5…)?'),
      owner: {
        name: await ask('ownerName', 'Who is it entrusted to (name)?'),
        email: await ask('ownerEmail', 'Their mail address?'),
        locale: textFlag(input, 'locale') === 'en' ? 'en' : 'fr',
      },
      suspended: false,
    },
  }
}

const flagSyntax = (flag: string): string => `--${flag.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** Flags win over the manifest; what comes out is checked like a manifest. */
function withFlags(input: CommandInput, space: Space): Space {
  const { metadata, spec } = space
  const locale = textFlag(input, 'locale')
  const overrides = {
    plan: textFlag(input, 'plan'),
    title: textFlag(input, 'title'),
    office: textFlag(input, 'office'),
    domain: textFlag(input, 'domain'),
    release: textFlag(input, 'release'),
  }
  const owner = { ...spec.owner, ...defined({ name: textFlag(input, 'ownerName'), email: textFlag(input, 'ownerEmail'), locale }) }
  const wished = { apiVersion, kind: 'Space', metadata: { name: metadata.name }, spec: { ...spec, ...defined(overrides), owner } }
  const parsed = Space.safeParse(wished)
  if (parsed.success) return parsed.data
  const problems = explainProblems(Space, parsed.error, wished)
  throw new ChatonError('bad-input', `the space cannot be made like this:\n  ${problems.join('\n  ')}`, { data: { problems } })
}

function defined(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
