/**
 * Writes docs/reference from the model, the table of options, that of commands and that of exit codes: `node scripts/reference.ts`.
 * test/docs/reference.test.ts fails where the files on disk differ from what this makes.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { defaultsFor } from '../src/config/defaults.ts'
import { environmentName, options, type Option, type OptionName } from '../src/config/options.ts'
import { exitCodes } from '../src/kit/errors.ts'
import { apiVersion } from '../src/model/metadata.ts'
import { kinds, type Kind } from '../src/model/resources.ts'
import { markdownTable } from './markdown.ts'
import { commandSchemas, commandsParts } from './reference-commands.ts'
import { allowed, fieldsOf, type Field, type JsonSchema } from './json-schema.ts'

const generated = '<!-- Made by `node scripts/reference.ts`; change the source it is made from. -->'
const directory = join(import.meta.dirname, '../docs/reference')

/** Every file of docs/reference, by its path there. */
export async function makeReference(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  for (const kind of Object.keys(kinds) as Kind[]) {
    const name = kind.toLowerCase()
    files.set(`${name}.md`, kindPage(kind))
    files.set(`schema/${name}.json`, `${JSON.stringify({ title: `${kind} (${apiVersion})`, ...schemaOf(kind) }, null, 2)}\n`)
  }
  for (const [name, text] of await commandSchemas()) files.set(name, text)
  files.set('commands.md', page('Commands', commandsParts()))
  return files.set('config.md', configPage()).set('exit-codes.md', exitCodesPage())
}

function schemaOf(kind: Kind): JsonSchema {
  return z.toJSONSchema(kinds[kind], { io: 'input' }) as JsonSchema
}

function kindPage(kind: Kind): string {
  const schema = schemaOf(kind)
  const fields = fieldsOf(schema)
  const under = (word: string): Field[] => fields.filter(({ path }) => path.startsWith(`${word}.`))
  const top = fields.filter(({ path }) => !path.includes('.'))
  const status = under('status')
  return page(kind, [
    `${schema.description ?? ''} As JSON Schema: [schema/${kind.toLowerCase()}.json](schema/${kind.toLowerCase()}.json).`,
    ...table('The manifest', top),
    ...table('metadata', under('metadata')),
    ...table('spec', under('spec')),
    ...(status.length === 0 ? [] : table('status', status)),
  ])
}

function table(title: string, fields: readonly Field[]): string[] {
  const rows = fields.map(({ path, schema, required }) => [`\`${path}\``, allowed(schema), needed(schema, required), schema.description ?? ''])
  return [`## ${title}`, markdownTable(['field', 'allowed', 'if left out', 'meaning'], rows)]
}

function needed(schema: JsonSchema, required: boolean): string {
  if (required) return '**required**'
  return schema.default === undefined ? '' : `\`${JSON.stringify(schema.default)}\``
}

function configPage(): string {
  const defaults = defaultsFor('<stateDirectory>')
  const rows = (Object.entries(options) as [OptionName, Option][]).map(([name, { key, schema, help, flag }]) => {
    const value = name === 'stateDirectory' ? '`/var/lib/chaton` for root, else `~/.local/state/chaton`' : `\`${JSON.stringify(defaults[name])}\``
    return [`\`${key}\``, `\`${environmentName(key)}\``, flag === undefined ? '' : `\`${flag}\``, allowed(z.toJSONSchema(schema) as JsonSchema), value, help]
  })
  return page('Configuration', [
    'Flags win over environment variables, those over the file `chaton.yaml`, that over the defaults. A key with a dot is a field of a section:',
    '```yaml\ndomain: example.org\nweb:\n  mode: public\n```',
    'An unknown key or a value that is not allowed stops every command with exit code 2 before anything is changed. Secrets have no place here.',
    markdownTable(['key', 'environment', 'flag', 'allowed', 'default', 'meaning'], rows),
  ])
}

function exitCodesPage(): string {
  const rows = Object.entries(exitCodes).map(([code, { exit, says }]) => [String(exit), `\`${code}\``, says])
  return page('Exit codes', [
    'Every command ends with one of these. The word is the `code` of the error in `--json` output.',
    markdownTable(['exit', 'code', 'meaning'], rows),
  ])
}

function page(title: string, parts: readonly string[]): string {
  return `${[generated, `# ${title}`, ...parts].join('\n\n')}\n`
}

if (process.argv[1] === import.meta.filename) {
  for (const [name, text] of await makeReference()) {
    await mkdir(dirname(join(directory, name)), { recursive: true })
    await writeFile(join(directory, name), text)
  }
}
