import { z } from 'zod'
import { nearest } from '../kit/suggest.ts'

/** Names allowed where `path` leads inside a schema; empty if it is not an object. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let current: z.ZodType | undefined = schema
  for (const part of path) {
    current = unwrap(current)
    if (current instanceof z.ZodObject) current = (current.shape as Record<string, z.ZodType>)[String(part)]
    else if (current instanceof z.ZodArray) current = current.element as z.ZodType
    else return []
  }
  const object = unwrap(current)
  return object instanceof z.ZodObject ? Object.keys(object.shape) : []
}

function unwrap(schema: z.ZodType | undefined): z.ZodType | undefined {
  let current = schema
  while (current instanceof z.ZodOptional || current instanceof z.ZodDefault || current instanceof z.ZodNullable) {
    current = current.unwrap() as z.ZodType
  }
  return current
}

const words: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of fields',
  record: 'a group of fields',
  email: 'a mail address',
  url: 'a web address',
  datetime: 'a time such as 2026-01-31T12:00:00Z',
}
const typeWords = (name: string): string => words[name] ?? name

/** What is wrong with one value: `"maybe" is not true or false`. `shown` stands for the value in the sentence. Pure. */
export function explainIssue(issue: z.core.$ZodIssue, found: unknown, shown = JSON.stringify(found) ?? 'nothing'): string {
  const ownWords = !/^(Invalid|Too) /.test(issue.message)
  if (found === null || found === '') return ownWords ? `is empty; expected ${issue.message}` : 'is empty'
  if (issue.code === 'invalid_value') return `${shown} is not allowed; allowed: ${issue.values.map(String).join(', ')}`
  if (issue.code === 'too_small' || issue.code === 'too_big') return outOfBounds(issue, shown)
  if (issue.code === 'invalid_format' || issue.code === 'invalid_union') {
    const wanted = 'format' in issue ? typeWords(issue.format) : 'allowed'
    return `${shown} is not ${ownWords ? issue.message : wanted}`
  }
  if (issue.code !== 'invalid_type' || ownWords) return issue.message
  return wrongType(issue, found, shown)
}

function wrongType({ expected }: z.core.$ZodIssueInvalidType, found: unknown, shown: string): string {
  const quotes = expected === 'string' && typeof found !== 'object' ? `; put it in quotes: "${shown}"` : ''
  return `${shown} is not ${typeWords(expected)}${quotes}`
}

function outOfBounds(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, shown: string): string {
  if (issue.code === 'too_small') return `${shown} is too small; ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`
  return issue.origin === 'string' ? `is too long; at most ${issue.maximum} characters` : `${shown} is too large; at most ${issue.maximum}`
}

/** Where a value stands in its file, for example "line 7: "; empty where that is not known. */
export type Locate = (path: readonly PropertyKey[]) => string

/** One sentence for each thing wrong, with its place, what was found and what is allowed. Pure. */
export function explainProblems(schema: z.ZodType, error: z.ZodError, value: unknown, locate: Locate = () => ''): string[] {
  return error.issues.flatMap((issue) => {
    const name = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `
    const where = `${locate(issue.path)}${name}`
    if (issue.code === 'unrecognized_keys') {
      const known = knownKeys(schema, issue.path)
      return issue.keys.map((key) => {
        const near = nearest(key, known)
        const all = known.length === 0 ? '; none is known here' : `; known: ${known.join(', ')}`
        const hint = near === undefined ? all : `; did you mean "${near}"?`
        return `${locate([...issue.path, key])}${name}unknown field "${key}"${hint}`
      })
    }
    const found = at(value, issue.path)
    if (issue.code === 'invalid_type' && found === undefined) return [`${where}is missing (${needed(schema, issue)})`]
    return [`${where}${explainIssue(issue, found)}`]
  })
}

/** The fields of what is missing, or what kind of value it is. */
function needed(schema: z.ZodType, { expected, path }: z.core.$ZodIssueInvalidType): string {
  const fields = knownKeys(schema, path)
  return fields.length === 0 ? typeWords(expected) : `with the fields ${fields.join(', ')}`
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (current, part) => (typeof current === 'object' && current !== null ? (current as Record<PropertyKey, unknown>)[part] : undefined),
    value,
  )
}
