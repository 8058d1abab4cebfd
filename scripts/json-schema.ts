/** What the reference reads of a JSON Schema (draft 2020-12) as zod makes it. */
export interface JsonSchema {
  readonly type?: string
  readonly description?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly pattern?: string
  readonly examples?: readonly unknown[]
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
}

const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``

/** What may be written, in words: "1 to 200 characters", "`fr` or `en`", "list of …". */
export function allowed(schema: JsonSchema): string {
  if (schema.const !== undefined) return schema.const === '' ? 'empty' : code(schema.const)
  if (schema.enum) return schema.enum.map(code).join(' or ')
  if (schema.anyOf) return schema.anyOf.map(allowed).join(' or ')
  if (schema.pattern === String.raw`^\/`) return 'absolute path'
  if (schema.examples) return `text such as ${schema.examples.map(code).join(' or ')}`
  const words = byType[schema.type ?? '']
  if (!words) throw new Error(`the reference has no words for ${JSON.stringify(schema)}`)
  return words(schema)
}

const byType: Readonly<Record<string, (schema: JsonSchema) => string>> = {
  string: textAllowed,
  integer: numberAllowed,
  number: numberAllowed,
  boolean: () => '`true` or `false`',
  array: ({ items = {} }) => (items.properties ? 'list of the fields below' : `list of: ${allowed(items)}`),
  object: ({ additionalProperties }) => (typeof additionalProperties === 'object' ? 'texts by name' : 'fields below'),
}

function textAllowed({ format, minLength, maxLength }: JsonSchema): string {
  const words: Record<string, string> = { email: 'mail address', 'date-time': 'time (ISO 8601, UTC)', uri: 'web address' }
  if (format !== undefined) return words[format] ?? format
  if (maxLength !== undefined) return `text, ${minLength ?? 0} to ${maxLength} characters`
  return minLength === undefined ? 'text' : 'text, not empty'
}

function numberAllowed({ type, minimum, maximum, exclusiveMinimum }: JsonSchema): string {
  const noun = type === 'integer' ? 'whole number' : 'number'
  const from = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? undefined : minimum
  const to = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum
  if (exclusiveMinimum !== undefined) return `${noun} above ${exclusiveMinimum}`
  if (from === undefined && to === undefined) return noun
  return to === undefined ? `${noun}, ${from} or more` : `${noun}, ${from ?? 0} to ${to}`
}

/** One field of a schema, nested ones included, with its dotted path; `[]` stands for the entries of a list. */
export interface Field {
  readonly path: string
  readonly schema: JsonSchema
  readonly required: boolean
}

export function fieldsOf(schema: JsonSchema, prefix = ''): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const path = `${prefix}${name}`
    const inside = child.type === 'array' ? fieldsOf(child.items ?? {}, `${path}[].`) : fieldsOf(child, `${path}.`)
    return [{ path, schema: child, required: schema.required?.includes(name) === true }, ...inside]
  })
}
