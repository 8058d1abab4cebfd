import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Config } from '../../config/options.ts'
import type { SpaceTarget } from '../contract.ts'

/** Names of everything the host engine makes for a space. All derive from slug and uid, so a slug used again shares nothing. */
export interface HostNames {
  /** Unix user and group, volume, Redis, process units and directory: `ch-<slug, at most 20>-<6 hex of the uid>`. At most 32 characters. */
  readonly id: string
  /**
   * PostgreSQL role and database: the same as `id`, so that the stock line `local all all peer` of Debian's pg_hba.conf
   * lets the space's Unix user in as its own role, and as no other.
   */
  readonly database: string
}

export interface HostPaths {
  /** `<state>/spaces/<id>`, root:root 0711. */
  readonly root: string
  /** `config.php`, root:<group> 0750; PHP reads it and cannot write it. */
  readonly config: string
  /** Sockets. Owner is the space's user, group the web server's, 0710: no other space can enter. */
  readonly run: string
  /** `nextcloud.log`, `php-fpm.log`, `redis.log`; the space's user, 0700. */
  readonly log: string
  /** Temporary files of PHP, outside the limited volume: PHP spools request bodies here. The space's user, 0700. */
  readonly temporary: string
  /** Files of the processes that PHP must not write: `php-fpm.conf`, `redis.conf`; root:<group> 0750. */
  readonly processes: string
  /** Second app path: one symbolic link an app, to its pinned version; root, 0755. */
  readonly apps: string
  /** The SQLite file, where there is no PostgreSQL: outside the limited volume. The space's user, 0700. */
  readonly database: string
  readonly phpSocket: string
  readonly redisSocket: string
}

/** A space as the parts of the host engine see it. */
export interface HostSpace {
  readonly target: SpaceTarget
  readonly names: HostNames
  readonly paths: HostPaths
  /** Ids of the space's Unix user. */
  readonly owner: { readonly uid: number; readonly gid: number }
  /** Nextcloud's data directory: `<volume>/data`. */
  readonly data: string
  /** The release tree. */
  readonly release: string
}

export function namesOf(target: Pick<SpaceTarget, 'slug' | 'uid'>): HostNames {
  const mark = createHash('sha256').update(target.uid).digest('hex').slice(0, 6)
  const id = `ch-${target.slug.slice(0, 20).replace(/-+$/, '')}-${mark}`
  return { id, database: id }
}

export function pathsOf(config: Pick<Config, 'stateDirectory'>, id: string): HostPaths {
  const root = join(config.stateDirectory, 'spaces', id)
  return {
    root,
    config: join(root, 'config'),
    run: join(root, 'run'),
    log: join(root, 'log'),
    temporary: join(root, 'tmp'),
    processes: join(root, 'processes'),
    apps: join(root, 'apps'),
    database: join(root, 'database'),
    phpSocket: join(root, 'run/php.sock'),
    redisSocket: join(root, 'run/redis.sock'),
  }
}
