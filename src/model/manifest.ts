import { isMap, isNode, isScalar, LineCounter, parseAllDocuments, type Document, type Range } from 'yaml'
import { ChatonError } from '../kit/errors.ts'
import { nearest } from '../kit/suggest.ts'
import { explainProblems, type Locate } from './problems.ts'
import { kinds, type Kind, type Resource } from './resources.ts'

/**
 * Reads a manifest file: one or several YAML documents, empty ones left out. Throws `bad-input` that names the file, the line
 * and each problem.
 */
export function parseManifest(text: string, source: string): Resource[] {
  const lines = new LineCounter()
  const problems: string[] = []
  const resources: Resource[] = []
  for (const document of parseAllDocuments(text, { lineCounter: lines })) {
    const read = readDocument(document, lines)
    if (Array.isArray(read)) problems.push(...read)
    else resources.push(read)
  }
  if (problems.length === 0 && resources.length > 0) return resources
  const list = problems.length === 0 ? ['the file is empty; expected a manifest'] : problems
  throw new ChatonError('bad-input', `${source} is not a valid manifest:\n  ${list.join('\n  ')}`, { data: { source, problems: list } })
}

/** The resource, or what is wrong with it; an empty list for an empty document. */
function readDocument(document: Document.Parsed, lines: LineCounter): Resource | string[] {
  if (document.errors.length > 0) return document.errors.map((error) => error.message.split('\n')[0]?.replace(/:$/, '') ?? '')
  if (document.contents === null) return []
  try {
    const value: unknown = document.toJS({ maxAliasCount: 50 })
    return value === null ? [] : readResource(value, locator(document, lines))
  } catch (error) {
    // The YAML library resolves aliases only here; an unknown one, or too many, is a ReferenceError.
    if (error instanceof ReferenceError) return [error.message]
    throw error
  }
}

/** Finds the line of the field at a path, or of the nearest thing around it that the file has. */
function locator(document: Document.Parsed, lines: LineCounter): Locate {
  return (path) => {
    for (let length = path.length; length >= 0; length--) {
      const range = rangeAt(document, path.slice(0, length))
      if (range) return `line ${lines.linePos(range[0]).line}: `
    }
    return ''
  }
}

/** Where the field's name stands, or the entry of a list. */
function rangeAt(document: Document.Parsed, path: readonly PropertyKey[]): Range | null | undefined {
  const last = path.at(-1)
  const around: unknown = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents
  if (last === undefined) return document.contents?.range
  if (isMap(around)) {
    const key: unknown = around.items.find((pair) => isScalar(pair.key) && pair.key.value === last)?.key
    return isScalar(key) ? key.range : undefined
  }
  const node: unknown = document.getIn(path, true)
  return isNode(node) ? node.range : undefined
}

function readResource(value: unknown, locate: Locate): Resource | string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`${locate([])}expected a manifest with the fields apiVersion, kind, metadata and spec, found ${Array.isArray(value) ? 'a list' : 'a text'}`]
  }
  const kind = 'kind' in value ? value.kind : undefined
  const known = Object.keys(kinds) as Kind[]
  const match = known.find((name) => name === kind)
  if (match === undefined) {
    const near = typeof kind === 'string' ? nearest(kind, known) : undefined
    const hint = near === undefined ? `known: ${known.join(', ')}` : `did you mean "${near}"?`
    return [`${locate(['kind'])}kind: ${kind === undefined ? 'is missing' : `${JSON.stringify(kind)} is not a kind of chaton`}; ${hint}`]
  }
  const schema = kinds[match]
  const parsed = schema.safeParse(value)
  return parsed.success ? parsed.data : explainProblems(schema, parsed.error, value, locate)
}
