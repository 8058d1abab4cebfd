import { describeRemoteFiles } from '../conformance/remote-files.ts'
import { remoteFor } from '../support/remote.ts'
import { onEveryRelease } from './support/releases.ts'
import { openSpace } from './support/space.ts'

onEveryRelease('remote files', (name, release) => {
  describeRemoteFiles(name, async () => {
    const space = await openSpace(release)
    const made = await remoteFor(space)
    return {
      remote: made.remote,
      cleanup: async () => {
        made[Symbol.dispose]()
        await space[Symbol.asyncDispose]()
      },
    }
  })
})
