import type { Engine, SpaceTarget } from '../../../src/engine/contract.ts'
import { caddySites } from '../../../src/engine/host/sites/index.ts'
import { systemClock } from '../../../src/kit/clock.ts'
import { provision } from '../../conformance/engine-steps.ts'
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
