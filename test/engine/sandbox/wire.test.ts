import { rm } from 'node:fs/promises'
import { provision } from '../../conformance/engine-steps.ts'
import { describeNextcloudHttp } from '../../conformance/nextcloud.ts'
import { sandboxForTest } from './setup.ts'

describeNextcloudHttp('sandbox', async () => {
  const { engine, newTarget, directory } = await sandboxForTest()
  const target = newTarget()
  await provision(engine, target)
  const credentials = await engine.createAppPassword(target, target.administrator, 'wire test')
  const first = { url: engine.address(target).url, user: credentials.userId, password: credentials.password }
  return {
    ...first,
    cleanup: async () => {
      await engine.remove(target)
      await rm(directory, { recursive: true, force: true })
    },
  }
})
