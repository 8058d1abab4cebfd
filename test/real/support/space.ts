import type { Engine, SpaceTarget } from '../../../src/engine/contract.ts'
import { caddySites } from '../../../src/engine/host/sites/index.ts'
import { systemClock } from '../../../src/kit/clock.ts'
import type { Remote } from '../../../src/nextcloud/remote.ts'
import { provision } from '../../conformance/engine-steps.ts'
import { remoteFor } from '../../support/remote.ts'
import { openLab } from './host.ts'

export interface SpaceForTest extends AsyncDisposable {
  readonly engine: Engine
  readonly target: SpaceTarget
  readonly url: string
  /** The administrator, with an app password. */
  readonly userId: string
  readonly password: string
}

/** A space of this release that answers on the loopback address; disposing leaves nothing, also where it could not be made. */
export async function openSpace(release: string): Promise<SpaceForTest> {
  const lab = await openLab({}, { sites: (supervisor, config) => caddySites({ config, supervisor, clock: systemClock }) })
  try {
    const target = lab.target({ release, poolBytes: 500_000_000 })
    await provision(lab.engine, target)
    const credentials = await lab.engine.createAppPassword(target, target.administrator, 'test')
    return { engine: lab.engine, target, url: lab.engine.address(target).url, ...credentials, [Symbol.asyncDispose]: async () => await lab[Symbol.asyncDispose]() }
  } catch (error) {
    await lab[Symbol.asyncDispose]()
    throw error
  }
}

/** The administrator of a space of its own, as a program with an app password sees it. */
export async function remoteOn(release: string): Promise<{ readonly remote: Remote; readonly cleanup: () => Promise<void> }> {
  const space = await openSpace(release)
  const made = await remoteFor(space)
  return {
    remote: made.remote,
    cleanup: async () => {
      made[Symbol.dispose]()
      await space[Symbol.asyncDispose]()
    },
  }
}
