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
}

/** Keeps processes running. `own` starts them detached and finds them again by pid file and start time; `systemd` writes units. */
export interface Supervisor {
  readonly kind: 'systemd' | 'own'
  /** Running, with this very command line (else it is restarted), and its socket answering. Repeatable. */
  ensure(unit: ProcessUnit): Promise<{ started: boolean }>
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
  stop(space: HostSpace): Promise<void>
  isRunning(space: HostSpace): Promise<boolean>
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
  list(): Promise<readonly string[]>
  check(): Promise<readonly Finding[]>
}

/** Database of a space: PostgreSQL (role and database of its own) or SQLite (a file outside the limited volume). */
export interface Databases {
  readonly kind: 'postgresql' | 'sqlite'
  check(): Promise<readonly Finding[]>
  exists(space: HostSpace): Promise<boolean>
  /** Role and empty database, or a clone of the golden one where `template` names it. Repeatable. */
  ensure(space: HostSpace, template: string | undefined): Promise<{ created: boolean }>
  /** The `db…` entries of config.php. */
  settings(space: HostSpace): Promise<Readonly<Record<string, string>>>
  /** Rows of a query, as the database's superuser. Parameters are quoted by the driver, never pasted. */
  query(space: HostSpace, sql: string, parameters?: readonly (string | number)[]): Promise<readonly (readonly (string | null)[])[]>
  dump(space: HostSpace, file: string): Promise<void>
  load(space: HostSpace, file: string): Promise<void>
  remove(id: string): Promise<void>
  list(): Promise<readonly string[]>
  /** A number per space that moves when its database was written to; one query for all. */
  writeCounters(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
}
