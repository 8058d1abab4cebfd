import { describe, it } from 'vitest'
import { caddySites } from '../../src/engine/host/sites/index.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { describeEngine } from '../conformance/engine.ts'
import { openLab } from './support/host.ts'
import { lacks, wantedReleases } from './support/machine.ts'

const wanted = [
  ...wantedReleases.map((release) => ({ release, databaseKind: 'postgresql' as const, golden: true })),
  { release: '32.0.1', databaseKind: 'sqlite' as const, golden: true },
  { release: '28.0.2', databaseKind: 'postgresql' as const, golden: false },
]
const cases = wanted.map(({ release, databaseKind, golden }) => ({
  release,
  settings: { databaseKind, golden },
  name: `host, Nextcloud ${release}, ${databaseKind}, ${golden ? 'cloned' : 'installed on its own'}`,
  missing: lacks({ release, postgresql: databaseKind === 'postgresql', caddy: true }),
}))

for (const { name, release, settings } of cases.filter(({ missing }) => missing === undefined)) {
  describeEngine(name, async () => {
    const lab = await openLab(settings, { sites: (supervisor, config) => caddySites({ config, supervisor, clock: systemClock }) })
    return {
      engine: lab.engine,
      newTarget: (more) => lab.target({ poolBytes: 50_000_000, release, ...more }),
      cleanup: async () => await lab[Symbol.asyncDispose](),
    }
  })
}

for (const { name, missing } of cases.filter((entry) => entry.missing !== undefined)) {
  describe(`engine: ${name}`, () => {
    it.skip(`this machine lacks ${missing ?? ''}`, () => {})
  })
}
