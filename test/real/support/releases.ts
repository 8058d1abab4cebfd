import { describe, it } from 'vitest'
import { lacks, wantedReleases } from './machine.ts'

/** Runs a suite on every release that this machine can run; the others are skipped by name. */
export function onEveryRelease(suite: string, run: (name: string, release: string) => void): void {
  const cases = wantedReleases.map((release) => ({ release, name: `Nextcloud ${release}`, missing: lacks({ release, postgresql: true, caddy: true }) }))
  for (const { name, release } of cases.filter(({ missing }) => missing === undefined)) run(name, release)
  for (const { name, missing } of cases.filter((entry) => entry.missing !== undefined)) {
    describe(`${suite}: ${name}`, () => {
      it.skip(`this machine lacks ${missing ?? ''}`, () => {})
    })
  }
}
