import { describe, it } from 'vitest'
import { caddySites } from '../../src/engine/host/sites/index.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { provision } from '../conformance/engine-steps.ts'
import { describeRemoteGroupware } from '../conformance/remote-groupware.ts'
import { remoteFor } from '../support/remote.ts'
import { openLab } from './support/host.ts'
import { lacks, wantedReleases } from './support/machine.ts'

for (const release of wantedReleases) {
  const name = `Nextcloud ${release}`
  const missing = lacks({ release, postgresql: true, caddy: true })
  if (missing === undefined) {
    describeRemoteGroupware(name, async () => {
      const lab = await openLab({}, { sites: (supervisor, config) => caddySites({ config, supervisor, clock: systemClock }) })
      const target = lab.target({ release, poolBytes: 500_000_000 })
      try {
        await provision(lab.engine, target)
        const made = await remoteFor({ url: lab.engine.address(target).url, ...(await lab.engine.createAppPassword(target, target.administrator, 'groupware')) })
        return {
          remote: made.remote,
          cleanup: async () => {
            made[Symbol.dispose]()
            await lab[Symbol.asyncDispose]()
          },
        }
      } catch (error) {
        await lab[Symbol.asyncDispose]()
        throw error
      }
    })
  } else {
    describe(`calendars and contacts: ${name}`, () => {
      it.skip(`this machine lacks ${missing}`, () => {})
    })
  }
}
