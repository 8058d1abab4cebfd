import type { Server } from '../../nextcloud/connection.ts'
import type { Finding, StepResult } from '../contract.ts'
import type { HostSpace } from './names.ts'

/** A long-running process of a space, described once for systemd and for our own supervisor. */
export interface ProcessUnit {
  /** Unique on the machine, for example `ch-jardin-1a2b3c.php`. */
  readonly name: string
  readonly description: string
  readonly command: string
  readonly args: readonly string[]
  readonly owner: { readonly uid: number; readonly gid: number }
  /** Exists when the process serves. */
  readonly socket: string
  readonly environment?: Readonly<Record<string, string>>
  /** Moves when files that the process reads at start change; the process is then reloaded, or restarted without `reloadSignal`. */
  readonly fingerprint?: string
  /** The process takes its files in anew on this signal, dropping nothing. */
  readonly reloadSignal?: 'SIGUSR2' | 'SIGHUP'
  /** Asks for an orderly end. Default SIGTERM. */
  readonly stopSignal?: 'SIGQUIT' | 'SIGTERM'
  /** Directories it writes to; systemd shows it all others read-only. */
  readonly writable?: readonly string[]
  /** May it open ports below 1024? Default no. */
  readonly lowPorts?: boolean
  /** False: it needs Unix sockets only, and systemd gives it no network. Default true. */
  readonly network?: boolean
}

/** Keeps processes running. `own` starts them detached and finds them again by pid file and start time; `systemd` writes units. */
export interface Supervisor {
  readonly kind: 'systemd' | 'own'
  /** Running, with this very command line (else it is restarted) and fingerprint (else reloaded), and its socket answering. Repeatable. */
  ensure(unit: ProcessUnit): Promise<{ started: boolean; reloaded: boolean }>
  /** Takes its files in anew, and gives back its memory, without dropping a request. Nothing happens where it does not run. */
  reload(unit: ProcessUnit): Promise<void>
  /** Gone for certain when this resolves; also the socket. Repeatable. */
  stop(name: string): Promise<void>
  isRunning(name: string): Promise<boolean>
  /** Names of all units it knows, for finding orphans. */
  list(): Promise<readonly string[]>
}

/** PHP-FPM master and Redis of a space. */
export interface SpaceProcesses {
  /** Configuration written, processes running with it; restarted only when the configuration changed. */
  ensure(space: HostSpace): Promise<StepResult>
  /** Redis alone, where spaces have one: Nextcloud's command line needs no FPM. Repeatable, also for a suspended space. */
  ensureRedis(space: HostSpace): Promise<void>
  stop(space: HostSpace): Promise<void>
  isRunning(space: HostSpace): Promise<boolean>
  /**
   * Gives back the memory of a space at rest (OPcache, APCu) without dropping a request. Answers false where requests are running,
   * where there were some since the last call (the first one takes what does not run for idle), and where there is little to gain.
   */
  rest(space: HostSpace): Promise<boolean>
  /** PHP settings that command-line runs of the space need as `-d` arguments (open_basedir, memory, apc.enable_cli…). */
  commandLineSettings(space: HostSpace): readonly string[]
  /** Whether spaces get a Redis on this machine. */
  redis(): Promise<boolean>
}

export type SiteMode = 'live' | 'suspended'

/** Caddy in front. One snippet a space; other sites drop no request when one changes. */
export interface Sites {
  ensure(space: HostSpace, mode: SiteMode): Promise<StepResult>
  remove(id: string): Promise<void>
  /** The mode the site is in, or undefined if there is none. */
  mode(id: string): Promise<SiteMode | undefined>
  url(space: Pick<HostSpace, 'target'>): string
  /** How this machine itself reaches the site: at its own loopback address, wherever the name leads to. */
  server(space: Pick<HostSpace, 'target'>): Promise<Server>
  list(): Promise<readonly string[]>
  check(): Promise<readonly Finding[]>
}

/** A sealed database to clone, and the SQL (fit for every kind of database) that makes the clone a space of its own. */
export interface DatabaseTemplate {
  readonly id: string
  readonly personalise: readonly string[]
}

/** Database of a space: PostgreSQL (role and database of its own) or SQLite (a file outside the limited volume). */
export interface Databases {
  readonly kind: 'postgresql' | 'sqlite'
  check(): Promise<readonly Finding[]>
  exists(space: HostSpace): Promise<boolean>
  /** True where it holds no table at all. */
  isEmpty(space: HostSpace): Promise<boolean>
  /** Role and empty database, or a clone of the template. Repeatable; an existing database keeps what is in it. */
  ensure(space: HostSpace, template: DatabaseTemplate | undefined): Promise<{ created: boolean }>
  /** The `db…` entries of config.php. */
  settings(space: HostSpace): Promise<Readonly<Record<string, string>>>
  /** Rows of a query, as the database's superuser. Parameters are quoted by the driver, never pasted. */
  query(space: HostSpace, sql: string, parameters?: readonly (string | number)[]): Promise<readonly (readonly (string | null)[])[]>
  /** Writes everything into one file. */
  dump(space: HostSpace, file: string): Promise<void>
  /** Fills the empty database from such a file. */
  load(space: HostSpace, file: string): Promise<void>
  remove(id: string): Promise<void>
  list(): Promise<readonly string[]>
  /** A number per space that moves when its database was written to; one query for all. */
  writeCounters(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Makes an installed database a template: nobody can connect any more, its role cannot sign in. Repeatable. */
  seal(id: string): Promise<void>
  isSealed(id: string): Promise<boolean>
}
