import { rm } from 'node:fs/promises'
import { describeEngine } from '../../conformance/engine.ts'
import { sandboxForTest } from './setup.ts'

describeEngine('sandbox', async () => {
  const { engine, newTarget, directory } = await sandboxForTest()
  return { engine, newTarget, cleanup: () => rm(directory, { recursive: true, force: true }) }
})
