import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const source = join(import.meta.dirname, '../../src')

it('loads node:sqlite without a word on standard error, and leaves other warnings alone', async () => {
  const script = `
    import { openDatabase } from ${JSON.stringify(join(source, 'kit/sqlite.ts'))}
    openDatabase(':memory:', 0).close()
    process.emitWarning('still told', 'ExperimentalWarning')`
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd: '/tmp' })
  const lines = (await run).stderr.split('\n').filter((line) => /Warning/.test(line))

  expect(lines).toEqual([expect.stringContaining('ExperimentalWarning: still told')])
})

it('is the one place that loads node:sqlite', async () => {
  const files = (await readdir(source, { recursive: true })).filter((name) => /\.tsx?$/.test(name))
  const loading: string[] = []
  for (const name of files) {
    const text = await readFile(join(source, name), 'utf8')
    if (/^import (?!type).*'node:sqlite'|import\('node:sqlite'\)|getBuiltinModule\('node:sqlite'\)/m.test(text)) loading.push(name)
  }

  expect(loading).toEqual(['kit/sqlite.ts'])
})
