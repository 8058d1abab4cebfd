import { describe, it } from 'vitest'
import { describeRemoteFiles } from '../conformance/remote-files.ts'
import { remoteFor } from '../support/remote.ts'
import { lacks, wantedReleases } from './support/machine.ts'
import { openSpace } from './support/space.ts'

for (const release of wantedReleases) {
  const name = `Nextcloud ${release}`
  const missing = lacks({ release, postgresql: true, caddy: true })
  if (missing === undefined) {
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
  } else {
    describe(`remote files: ${name}`, () => {
      it.skip(`this machine lacks ${missing}`, () => {})
    })
  }
}
