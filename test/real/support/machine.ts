import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export const releasesDirectory = '/var/lib/chaton/releases'

/** The releases that everything is tried on; those that the machine has not are skipped by name. */
export const wantedReleases = ['28.0.2', '29.0.1', '32.0.1', '34.0.1'] as const

/** Those of them that this machine has, oldest first. */
export function releasesHere(): string[] {
  const names = existsSync(releasesDirectory) ? readdirSync(releasesDirectory) : []
  return wantedReleases.filter((release) => names.includes(release) && existsSync(join(releasesDirectory, release, 'version.php')))
}

const runs = (command: string, ...args: string[]): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0
const postgresqlAnswers = (): boolean => runs('setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', 'psql', '-Xqc', 'SELECT 1', 'postgres')

/** What this machine lacks for a test on a real Nextcloud, or undefined. */
export function lacks(needs: { readonly release?: string; readonly postgresql?: boolean; readonly caddy?: boolean } = {}): string | undefined {
  if (process.getuid?.() !== 0) return 'root'
  if (!runs('php', '-v')) return 'PHP'
  if (needs.release !== undefined && !releasesHere().includes(needs.release)) return `release ${needs.release}`
  if (needs.postgresql === true && !postgresqlAnswers()) return 'PostgreSQL'
  if (needs.caddy === true && !runs('caddy', 'version')) return 'Caddy'
  return undefined
}

/** With `CHATON_TEST_SHORT=1`, cases that only repeat others on more releases are left out, by name: what `.ci/run` does, which has 90 minutes. */
export const leftOut = (inShort: boolean): string | undefined => (inShort || process.env['CHATON_TEST_SHORT'] !== '1' ? undefined : 'time: CHATON_TEST_SHORT is set')

/** Why the host engine cannot be tried on this machine, or undefined where it can. */
export async function whyNoHostEngine(): Promise<string | undefined> {
  const [release] = releasesHere()
  const missing = release === undefined ? `a release under ${releasesDirectory}` : lacks({ release, postgresql: true, caddy: true })
  return await Promise.resolve(missing === undefined ? undefined : `this machine lacks ${missing}`)
}
