import { describe, it } from 'vitest'
import { caddySites } from '../../src/engine/host/sites/index.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { describeEngine } from '../conformance/engine.ts'
import { openLab } from './support/host.ts'
import { lacks, wantedReleases } from './support/machine.ts'

const cases = [
  ...wantedReleases.map((release) => ({ release, databaseKind: 'postgresql' as const, golden: true })),
  { release: '32.0.1', databaseKind: 'sqlite' as const, golden: true },
  { release: '28.0.2', databaseKind: 'postgresql' as const, golden: false },
]

for (const { release, databaseKind, golden } of cases) {
  const name = `host, Nextcloud ${release}, ${databaseKind}, ${golden ? 'cloned' : 'installed on its own'}`
  const missing = lacks({ release, postgresql: databaseKind === 'postgresql', caddy: true })
  if (missing === undefined) {
    describeEngine(name, async () => {
      const lab = await openLab({ databaseKind, golden }, { sites: (supervisor, config) => caddySites({ config, supervisor, clock: systemClock }) })
      return {
        engine: lab.engine,
        newTarget: (wanted) => lab.target({ poolBytes: 50_000_000, release, ...wanted }),
        cleanup: async () => await lab[Symbol.asyncDispose](),
      }
    })
  } else {
    describe(`engine: ${name}`, () => {
      it.skip(`this machine lacks ${missing}`, () => {})
    })
  }
}
