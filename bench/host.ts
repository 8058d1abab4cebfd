import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { removeInstallation } from '../test/real/support/clean-up.ts'
import { releasesDirectory, releasesHere } from '../test/real/support/machine.ts'

const bin = resolve(import.meta.dirname, '../bin/chaton.js')

/** 32.0.1, which the goals were set on, or the oldest there is. */
export const releaseUsed = (): string => (existsSync(join(releasesDirectory, '32.0.1')) ? '32.0.1' : (releasesHere()[0] ?? ''))

/** A chaton of its own for one bench; disposing deletes its spaces and its folder. */
export interface BenchHost extends AsyncDisposable {
  readonly state: string
  chaton(...args: readonly string[]): void
  /** A space of the plan `tiny`. */
  provision(slug: string): void
}

export function openBenchHost(): BenchHost {
  const state = mkdtempSync(join(tmpdir(), 'chaton-bench-'))
  chmodSync(state, 0o755)
  const made: string[] = []
  const env = {
    PATH: process.env['PATH'],
    CHATON_CONFIG: '/dev/null',
    CHATON_ENGINE: 'host',
    CHATON_STATE_DIRECTORY: state,
    CHATON_WEB_FIRST_PORT: '27100',
    CHATON_VOLUMES_OVER_COMMIT: '100',
    CHATON_RELEASES_DEFAULT: releaseUsed(),
  }
  const chaton = (...args: readonly string[]): void => {
    const { status, stderr } = spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8', env })
    if (status !== 0) throw new Error(`chaton ${args.join(' ')} ended with ${status}: ${stderr}`)
  }
  return {
    state,
    chaton,
    provision(slug) {
      made.push(slug)
      chaton('provision', slug, '--plan', 'tiny', '--title', 'Bench', '--owner-name', 'B', '--owner-email', 'b@bench.example', '--no-input')
    },
    async [Symbol.asyncDispose]() {
      for (const slug of made) {
        try {
          chaton('space', 'delete', slug, '--confirm', slug, '--no-backup')
        } catch (error) {
          console.error(String(error))
        }
      }
      await removeInstallation(state)
    },
  }
}
