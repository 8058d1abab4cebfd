import { globSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { table } from '../../src/cli/table.ts'

describe('command table', () => {
  test('mirrors the folder of commands', () => {
    const files = globSync('src/cli/commands/**/*.ts').map((path) => path.replace(/^src\/cli\/commands\//, '').replace(/\.ts$/, ''))

    expect(files.toSorted()).toEqual(table.map(({ path }) => path.replace(' ', '/')).toSorted())
  })

  test.each(table.map((entry) => [entry.path, entry] as const))('%s publishes the schema of its result', async (_path, entry) => {
    const { command } = await entry.load()

    expect(z.toJSONSchema(command.result, { io: 'output', unrepresentable: 'any' })).toHaveProperty('$schema')
  })

  test('no flag of a command hides a common one', () => {
    const common = ['--json', '--no-input', '--config', '--state-directory', '--log-level', '--dry-run']
    const own = table.flatMap(({ path, flags = [] }) => flags.map((flag) => [path, flag.flags.split(' ')[0]]))

    expect(own.filter(([, flag]) => common.includes(flag ?? ''))).toEqual([])
  })
})
