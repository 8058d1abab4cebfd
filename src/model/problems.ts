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
    if (issue.code === 'invalid_value') {
      return [`${where}${JSON.stringify(at(value, issue.path)) ?? 'nothing'} is not allowed; allowed: ${issue.values.map(String).join(', ')}`]
    }
    if (issue.code === 'invalid_type' && at(value, issue.path) === undefined) return [`${where}is missing (${issue.expected})`]
    return [`${where}${issue.message}`]
  })
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (current, part) => (typeof current === 'object' && current !== null ? (current as Record<PropertyKey, unknown>)[part] : undefined),
    value,
  )
}
