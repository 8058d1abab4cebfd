import { rm } from 'node:fs/promises'
import { provision } from '../../conformance/engine-steps.ts'
import { describeRemoteGroupware } from '../../conformance/remote-groupware.ts'
import { remoteFor } from '../../support/remote.ts'
import { sandboxForTest } from './setup.ts'

describeRemoteGroupware('sandbox', async () => {
  const { engine, newTarget, directory } = await sandboxForTest()
  const target = newTarget()
  await provision(engine, target)
  const made = await remoteFor({ url: engine.address(target).url, ...(await engine.createAppPassword(target, target.administrator, 'groupware')) })
  return {
    remote: made.remote,
    cleanup: async () => {
      made[Symbol.dispose]()
      await engine.remove(target)
      await rm(directory, { recursive: true, force: true })
    },
  }
})
