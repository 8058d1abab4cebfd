import { parse, YAMLParseError } from 'yaml'
import type { z } from 'zod'
import { ChatonError } from '../kit/errors.ts'
import { nearest } from '../kit/suggest.ts'
import { explainIssue } from '../model/problems.ts'
import { defaultsFor, defaultStateDirectory, type Surroundings } from './defaults.ts'
import { environmentName, options, type Config, type Option, type OptionName } from './options.ts'

export interface Sources {
  /** Text of chaton.yaml and its path, if there is one. */
  readonly file?: { readonly path: string; readonly text: string }
  readonly flags: Readonly<Partial<Record<OptionName, unknown>>>
  readonly surroundings: Surroundings
}

const names = Object.keys(options) as OptionName[]

/** Flags win over the environment, that over the file, that over the defaults. Throws `bad-input` with every problem at once. */
export function loadConfig({ file, flags, surroundings }: Sources): Config {
  const problems: string[] = []
  const fromFile = file === undefined ? new Map<string, unknown>() : readFileValues(file, problems)
  const given: Partial<Record<OptionName, unknown>> = {}
  for (const name of names) {
    const { key, schema, flag }: Option = options[name]
    const variable = environmentName(key)
    const candidates: readonly (readonly [string, unknown])[] = [
      [flag?.split(' ')[0] ?? `flag for ${key}`, flags[name]],
      [`environment variable ${variable}`, surroundings.environment[variable]],
      [`${file?.path ?? ''}: ${key}`, fromFile.get(key)],
    ]
    const [source, value] = candidates.find(([, candidate]) => candidate !== undefined) ?? []
    if (value === undefined || source === undefined) continue
    const parsed = schema.safeParse(value)
    if (parsed.success) given[name] = parsed.data
    else problems.push(...parsed.error.issues.map((issue) => `${source}: ${issueWords(issue, value)}`))
  }
  if (problems.length > 0) {
    throw new ChatonError('bad-input', `the configuration is not valid:\n  ${problems.join('\n  ')}`, { data: { problems } })
  }
  const state = (given.stateDirectory as string | undefined) ?? defaultStateDirectory(surroundings)
  return { ...defaultsFor(state), ...given } as Config
}

function issueWords(issue: z.core.$ZodIssue, value: unknown): string {
  const told = issue.code !== 'custom' || issue.message.startsWith(JSON.stringify(value))
  return told ? explainIssue(issue, value, shown(value)) : `${shown(value)}: ${issue.message}`
}

/** The value as given, without what stands for a password in an address. */
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).replaceAll(/(:\/\/)[^/"]*@/g, '$1•••@')
}

function readFileValues({ path, text }: { path: string; text: string }, problems: string[]): Map<string, unknown> {
  const values = new Map<string, unknown>()
  let tree: unknown
  try {
    tree = parse(text) ?? null
  } catch (error) {
    problems.push(`${path}: ${error instanceof YAMLParseError ? error.message : String(error)}`)
    return values
  }
  if (typeof tree !== 'object' || Array.isArray(tree)) {
    problems.push(`${path}: expected settings such as "domain: example.org", found ${shown(tree)}`)
    return values
  }
  if (tree !== null) flatten(tree, '', values)
  const known = names.map((name) => options[name].key)
  // A section whose settings are all commented out reads as nothing.
  for (const [key, value] of values) if (value === null && known.some((name) => name.startsWith(`${key}.`))) values.delete(key)
  for (const key of values.keys()) {
    if (known.includes(key)) continue
    const near = nearest(key, known)
    problems.push(`${path}: unknown setting "${key}"${near === undefined ? '' : `; did you mean "${near}"?`}`)
  }
  return values
}

function flatten(value: unknown, prefix: string, into: Map<string, unknown>): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    into.set(prefix, value)
    return
  }
  for (const [key, child] of Object.entries(value)) flatten(child, prefix === '' ? key : `${prefix}.${key}`, into)
}
