import { describeRemoteGroupware } from '../conformance/remote-groupware.ts'
import { remoteFor } from '../support/remote.ts'
import { onEveryRelease } from './support/releases.ts'
import { openSpace } from './support/space.ts'

onEveryRelease('calendars and contacts', (name, release) => {
  describeRemoteGroupware(name, async () => {
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
