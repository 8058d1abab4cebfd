import { rm } from 'node:fs/promises'
import { HttpClient } from '../../../src/kit/http-stream.ts'
import { openRemote } from '../../../src/nextcloud/remote.ts'
import { provision } from '../../conformance/engine-steps.ts'
import { describeRemoteFiles } from '../../conformance/remote-files.ts'
import { sandboxForTest } from './setup.ts'

describeRemoteFiles('sandbox', async () => {
  const { engine, newTarget, directory } = await sandboxForTest()
  const target = newTarget()
  await provision(engine, target)
  const { userId, password } = await engine.createAppPassword(target, target.administrator, 'remote files')
  const http = new HttpClient()
  const facts = { version: '32.0.1', major: 32, capabilities: { dav: { bulkupload: '1.0' } } }
  return {
    remote: openRemote({ base: engine.address(target).url, user: userId, password, uid: userId, facts, http }),
    cleanup: async () => {
      http[Symbol.dispose]()
      await engine.remove(target)
      await rm(directory, { recursive: true, force: true })
    },
  }
})
