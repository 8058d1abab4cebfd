import { describe, it } from 'vitest'
import { lacks, leftOut, wantedReleases } from './machine.ts'

/** Runs a suite on every release that this machine can run; the others are skipped by name. `short`: those of a short run, by default all. */
export function onEveryRelease(suite: string, run: (name: string, release: string) => void, short: (release: string) => boolean = () => true): void {
  const cases = wantedReleases.map((release) => ({ release, name: `Nextcloud ${release}`, missing: lacks({ release, postgresql: true, caddy: true }) ?? leftOut(short(release)) }))
  for (const { name, release } of cases.filter(({ missing }) => missing === undefined)) run(name, release)
  for (const { name, missing } of cases.filter((entry) => entry.missing !== undefined)) {
    describe(`${suite}: ${name}`, () => {
      it.skip(`this machine lacks ${missing ?? ''}`, () => {})
    })
  }
}

type Pair = readonly [string, string]

/** Runs a suite between releases, from the first to the second; those that this machine cannot run are skipped by name. `short`: those of a short run, by default all. */
export function betweenReleases(suite: string, pairs: readonly Pair[], run: (name: string, releases: Pair) => void, short: (releases: Pair) => boolean = () => true): void {
  const cases = pairs.map((releases) => ({
    releases,
    name: `Nextcloud ${releases.join(' to ')}`,
    missing: releases.map((release) => lacks({ release, postgresql: true, caddy: true })).find((lack) => lack !== undefined) ?? leftOut(short(releases)),
  }))
  for (const { name, releases } of cases.filter(({ missing }) => missing === undefined)) run(name, releases)
  for (const { name, missing } of cases.filter((entry) => entry.missing !== undefined)) {
    describe(`${suite}: ${name}`, () => {
      it.skip(`this machine lacks ${missing ?? ''}`, () => {})
    })
  }
}
