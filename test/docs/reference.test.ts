import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fieldsOf, type JsonSchema } from '../../scripts/json-schema.ts'
import { makeReference } from '../../scripts/reference.ts'
import { schemaFile, table } from '../../src/cli/table.ts'
import { options } from '../../src/config/options.ts'
import { exitCodes } from '../../src/kit/errors.ts'
import { kinds } from '../../src/model/resources.ts'

const directory = join(import.meta.dirname, '../../docs/reference')
const made = await makeReference()

describe('docs/reference', () => {
  it.each([...made.keys()])('%s is what `node scripts/reference.ts` makes', async (name) => {
    expect(await readFile(join(directory, name), 'utf8')).toBe(made.get(name))
  })

  it('has no page of what is gone', async () => {
    const files = (await readdir(directory, { recursive: true })).filter((name) => /\.(md|json)$/.test(name))

    expect(files.toSorted()).toEqual([...made.keys()].toSorted())
  })

  it('has a schema and a section for every command', () => {
    for (const entry of table) {
      expect(JSON.parse(made.get(schemaFile(entry)) ?? '')).toMatchObject({ title: `chaton ${entry.path} --json` })
      expect(made.get('commands.md')).toContain(`\n## chaton ${entry.path}\n`)
    }
  })

  it('names every option, every exit code and every kind', () => {
    for (const { key, help } of Object.values(options)) {
      expect(made.get('config.md')).toContain(`| \`${key}\` |`)
      expect(help).toMatch(/[.]$/)
    }
    for (const [code, { exit }] of Object.entries(exitCodes)) expect(made.get('exit-codes.md')).toContain(`| ${exit} | \`${code}\` |`)
    for (const kind of Object.keys(kinds)) expect(made.get(`${kind.toLowerCase()}.md`)).toContain(`# ${kind}\n`)
  })
})

describe.each(Object.entries(kinds))('%s', (_, schema) => {
  it('says what each field means, in a sentence', () => {
    const silent = fieldsOf(z.toJSONSchema(schema, { io: 'input' }) as JsonSchema).filter((field) => !/[.`]$/.test(field.schema.description ?? ''))

    expect(silent.map(({ path }) => path)).toEqual([])
  })
})
