import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Engine, SpaceTarget } from '../../../src/engine/contract.ts'
import { sandboxEngine } from '../../../src/engine/sandbox/index.ts'
import { randomName, uuid } from '../../../src/kit/random.ts'
import type { Remote } from '../../../src/nextcloud/remote.ts'
import { provision } from '../../conformance/engine-steps.ts'
import { remoteFor } from '../../support/remote.ts'

export interface SandboxForTest {
  readonly engine: Engine
  readonly directory: string
  readonly newTarget: (wanted?: Partial<SpaceTarget>) => SpaceTarget
}

export async function sandboxForTest(): Promise<SandboxForTest> {
  const directory = await mkdtemp(join(tmpdir(), 'chaton-sandbox-'))
  const newTarget = (wanted: Partial<SpaceTarget> = {}): SpaceTarget => {
    const slug = wanted.slug ?? `s-${randomName(8)}`
    return {
      uid: uuid(),
      slug,
      title: 'Jardin partagé',
      domain: `${slug}.example.org`,
      port: undefined,
      release: '32.0.1',
      poolBytes: 50e6,
      accountCap: 4,
      office: undefined,
      apps: { enable: [], disable: [], hide: [] },
      php: { workers: 2, memoryBytes: 512e6, uploadMaxBytes: 1e9 },
      owner: { name: 'Camille Exemple', email: 'camille@example.org', locale: 'fr' },
      administrator: 'camille',
      ...wanted,
    }
  }
  return { engine: sandboxEngine({ config: { stateDirectory: directory } }), directory, newTarget }
}

/** The administrator of a sandbox space of its own, as a program with an app password sees it. */
export async function remoteOnSandbox(): Promise<{ readonly remote: Remote; readonly cleanup: () => Promise<void> }> {
  const { engine, newTarget, directory } = await sandboxForTest()
  const target = newTarget()
  await provision(engine, target)
  const made = await remoteFor({ url: engine.address(target).url, ...(await engine.createAppPassword(target, target.administrator, 'test')) })
  return {
    remote: made.remote,
    cleanup: async () => {
      made[Symbol.dispose]()
      await engine.remove(target)
      await rm(directory, { recursive: true, force: true })
    },
  }
}
