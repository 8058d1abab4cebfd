import { parseAllDocuments } from 'yaml'
import { ChatonError } from '../kit/errors.ts'
import { nearest } from '../kit/suggest.ts'
import { explainProblems } from './problems.ts'
import { kinds, type Kind, type Resource } from './resources.ts'

/** Reads a manifest file: one or several YAML documents. Throws `bad-input` that names the file, the line and each problem. */
export function parseManifest(text: string, source: string): Resource[] {
  const documents = parseAllDocuments(text)
  if (!Array.isArray(documents)) throw new ChatonError('bad-input', `${source}: the file is empty; expected a manifest`)
  const problems: string[] = []
  const resources: Resource[] = []
  for (const document of documents) {
    if (document.errors.length > 0) problems.push(...document.errors.map((error) => error.message.split('\n')[0] ?? ''))
    else {
      const read = readResource(document.toJS({ maxAliasCount: 50 }))
      if (Array.isArray(read)) problems.push(...read)
      else resources.push(read)
    }
  }
  if (problems.length === 0 && resources.length > 0) return resources
  const list = problems.length === 0 ? ['the file is empty; expected a manifest'] : problems
  throw new ChatonError('bad-input', `${source} is not a valid manifest:\n  ${list.join('\n  ')}`, { data: { source, problems: list } })
}

function readResource(value: unknown): Resource | string[] {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined
  const known = Object.keys(kinds) as Kind[]
  const match = known.find((name) => name === kind)
  if (match === undefined) {
    const near = typeof kind === 'string' ? nearest(kind, known) : undefined
    const hint = near === undefined ? `known: ${known.join(', ')}` : `did you mean "${near}"?`
    return [`kind: ${JSON.stringify(kind) ?? 'missing'} is not a kind of chaton; ${hint}`]
  }
  const schema = kinds[match]
  const parsed = schema.safeParse(value)
  return parsed.success ? parsed.data : explainProblems(schema, parsed.error, value)
}
