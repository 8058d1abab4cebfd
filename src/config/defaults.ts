import { join } from 'node:path'
import type { Config } from './options.ts'

export interface Surroundings {
  readonly uid: number
  readonly homeDirectory: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** `/var/lib/chaton` for root, else the XDG state directory of the person. */
export function defaultStateDirectory({ uid, homeDirectory, environment }: Surroundings): string {
  if (uid === 0) return '/var/lib/chaton'
  const xdg = environment['XDG_STATE_HOME']
  return join(xdg !== undefined && xdg.startsWith('/') ? xdg : join(homeDirectory, '.local/state'), 'chaton')
}

/** Every setting nobody gave; those that are paths follow the state directory. Pure. */
export function defaultsFor(stateDirectory: string): Config {
  return {
    engine: 'sandbox',
    domain: 'chaton.localhost',
    stateDirectory,
    webMode: 'loopback',
    webFirstPort: 20_000,
    webAdmin: join(stateDirectory, 'caddy/run/admin.sock'),
    releasesDirectory: '/var/lib/chaton/releases',
    releaseDefault: '',
    volumesKind: 'auto',
    volumesDirectory: join(stateDirectory, 'volumes'),
    databaseKind: 'auto',
    databaseSocket: '/var/run/postgresql',
    databasePort: 5432,
    databaseAdmin: 'postgres',
    redis: 'auto',
    supervisor: 'auto',
    overCommit: 1.5,
    mailUrl: '',
    mailUser: '',
    mailFrom: '',
    hosterName: 'chaton',
    hosterSupport: '',
    collaboraUrl: '',
    onlyofficeUrl: '',
    backupDirectory: join(stateDirectory, 'backups'),
    backupKeepDays: 30,
    golden: true,
    logLevel: 'warn',
  }
}
