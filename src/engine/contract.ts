import type { Locale } from '../model/space.ts'
import type { OfficeSuite } from '../model/plan.ts'

export type EngineName = 'host' | 'sandbox'

/** Everything an engine needs to know of a space. Made by `spaces/desired.ts` (pure) from Space, Plan and config. */
export interface SpaceTarget {
  /** Identity for life: names of users, databases and directories derive from it. */
  readonly uid: string
  readonly slug: string
  readonly title: string
  /** The address people see, without scheme: own domain or `<slug>.<hoster domain>`. */
  readonly domain: string
  /** Loopback port given to this space, where the hoster tells spaces apart by port. */
  readonly port: number | undefined
  readonly release: string
  readonly poolBytes: number
  readonly accountCap: number
  readonly office: OfficeSuite | undefined
  readonly apps: { readonly enable: readonly string[]; readonly disable: readonly string[]; readonly hide: readonly string[] }
  readonly php: { readonly workers: number; readonly memoryBytes: number; readonly uploadMaxBytes: number }
  readonly owner: { readonly name: string; readonly email: string; readonly locale: Locale }
  /** User id of the first administrator. */
  readonly administrator: string
}

/** Something a check found. `error` stops a provision, `warning` is told. */
export interface Finding {
  readonly code: string
  readonly severity: 'error' | 'warning' | 'info'
  readonly message: string
  /** What mends it: an exact command where there is one. */
  readonly fix?: string
}

/** What a repeatable step did; `note` is shown to people ("golden clone of 32.0.1", "8 s install"). */
export interface StepResult {
  readonly changed: boolean
  readonly note?: string
  /** Set where the engine has no such thing: says why it was skipped. */
  readonly skipped?: string
}

export interface Invitation {
  readonly userId: string
  /** One-time link with which the person sets a password. A secret: it goes into the mail and nowhere else. */
  readonly link: string
}

/** Sign-in for a program: an app password of an account. A secret. */
export interface Credentials {
  readonly userId: string
  readonly password: string
}

export interface Account {
  readonly userId: string
  readonly displayName: string
  readonly email: string | undefined
  readonly enabled: boolean
  readonly administrator: boolean
  /** Unix seconds of creation where the server knows it, else of first sight; orders "newest first". */
  readonly createdAt: number | undefined
  /** Quota of `files/` in bytes; undefined: none set. */
  readonly quotaBytes: number | undefined
}

/** Use of one account, in bytes. Only `files` counts against Nextcloud's own quota. */
export interface AccountUsage {
  readonly userId: string
  readonly filesBytes: number
  readonly versionsBytes: number
  readonly trashBytes: number
  /** Chunks of uploads in progress, and cache. */
  readonly otherBytes: number
}

export interface SpaceUsage {
  readonly accounts: readonly AccountUsage[]
  /** Previews and other app data of the whole space. */
  readonly appDataBytes: number
  /** Everything that counts against the pool: exact from the volume where it can say, else the sum of the parts. */
  readonly totalBytes: number
  /** True where `totalBytes` comes from the volume. */
  readonly exact: boolean
}

export interface HealthCheck {
  /** `status.php`, `sign-in`, `dav-write`, `dav-read`, `clean-up`. */
  readonly name: string
  readonly ok: boolean
  readonly milliseconds: number
  readonly message?: string
}

export type SpaceState = 'absent' | 'running' | 'suspended' | 'stopped'

/** How to reach a space over HTTP from this machine. */
export interface SpaceAddress {
  /** Base without trailing slash, for example `http://127.0.0.1:20001` or `https://jardin.example.org`. */
  readonly url: string
}

/**
 * What runs a space. Every `ensure…` is repeatable: called again after a kill at any instant, it finishes what was
 * begun and leaves nothing twice. Failures throw ChatonError (`machine-not-ready`, `remote-failed`, `no-room`…).
 * The conformance suite in test/conformance/engine.ts is the full promise; it runs on every implementation.
 */
export interface Engine {
  readonly name: EngineName
  /** True where the space is a stand-in and not a Nextcloud; every output says so. */
  readonly sandbox: boolean
  /** True where the kernel refuses writes above the pool's size. */
  hardLimit(): Promise<boolean>
  /** Installed releases, newest first. */
  releases(): Promise<readonly string[]>
  /** Looks, changes nothing: is this machine ready for this space (release, database, room, rights)? */
  preflight(target: SpaceTarget): Promise<readonly Finding[]>

  // The steps of a provision, in this order.
  ensureDatabase(target: SpaceTarget): Promise<StepResult>
  ensureVolume(target: SpaceTarget): Promise<StepResult>
  /** Files, settings and the installed Nextcloud itself. */
  ensureConfig(target: SpaceTarget): Promise<StepResult>
  /** Enables, disables and hides apps as the plan says. */
  ensureApps(target: SpaceTarget): Promise<StepResult>
  ensureOffice(target: SpaceTarget): Promise<StepResult>
  /** Account cap, hard limit of the volume, PHP limits: also the way a plan change reaches a live space. */
  ensureLimits(target: SpaceTarget): Promise<StepResult>
  /** The first administrator exists, enabled, in the group `admin`. An existing one keeps its password. */
  ensureAdministrator(target: SpaceTarget): Promise<StepResult>
  /** The space answers at its address. */
  ensureSite(target: SpaceTarget): Promise<StepResult>

  address(target: SpaceTarget): SpaceAddress
  /** `status.php`, sign-in, a DAV write and read by a throw-away account that is removed again. Never throws for an unhealthy space. */
  health(target: SpaceTarget): Promise<readonly HealthCheck[]>
  state(target: SpaceTarget): Promise<SpaceState>
  /** People get a page that says why; data and accounts stay. Repeatable. */
  suspend(target: SpaceTarget): Promise<void>
  /** Undoes `suspend`. Repeatable. */
  resume(target: SpaceTarget): Promise<void>
  /** Removes everything of the space: site, processes, database, volume, users, directories. Repeatable, also half done. */
  remove(target: SpaceTarget): Promise<void>

  accounts(target: SpaceTarget): Promise<readonly Account[]>
  /**
   * Creates the account if need be (without a password that anybody knows) and gives a fresh invitation link; an
   * earlier link of the account stops working. Throws `no-room` if the cap is reached, `conflict` never.
   */
  invite(target: SpaceTarget, account: { userId: string; displayName: string; email: string; locale: Locale }): Promise<Invitation>
  /** Throws `not-found`; `no-room` where Nextcloud (34 and later) refuses to enable one above the cap. A disabled account keeps everything and cannot sign in. */
  setAccountEnabled(target: SpaceTarget, userId: string, enabled: boolean): Promise<void>
  /** A new app password, named `label` in the account's list. Throws `not-found`. */
  createAppPassword(target: SpaceTarget, userId: string, label: string): Promise<Credentials>
  /**
   * Quotas of `files/` by user id, in bytes (0 is a quota). Accounts not named keep theirs. Writes only what differs;
   * answers how many. Files of an account at or above its quota stay readable: where a release forbids that (34), the
   * quota becomes what the files have.
   */
  setQuotas(target: SpaceTarget, quotas: ReadonlyMap<string, number>): Promise<number>
  /** Without scanning the disk. Versions, trash, previews and app data are counted. */
  usage(target: SpaceTarget): Promise<SpaceUsage>
  /**
   * For each space that was written to since the last call with the same `since` token: its uid. Costs one query for
   * all spaces; with an unknown token all are named.
   */
  changedSince(targets: readonly SpaceTarget[], since: string | undefined): Promise<{ changed: readonly string[]; token: string }>

  /**
   * Gives back the memory of a space where nobody was at work since the last call; called every few minutes. The first visitor
   * after that waits some tenths of a second longer. Answers whether there was something to give back.
   */
  rest(target: SpaceTarget): Promise<boolean>
  /** Nextcloud's background jobs, once (every five minutes is right). Does nothing for a suspended space. */
  runJobs(target: SpaceTarget): Promise<void>
  /** What this engine keeps for spaces that are not among `known`: databases, users, volumes, directories, sites, processes. */
  leftovers(known: readonly Pick<SpaceTarget, 'slug' | 'uid'>[]): Promise<readonly Finding[]>
  /** Runs Nextcloud's own `occ` for the hoster. Throws `machine-not-ready` on an engine without one. */
  occ(target: SpaceTarget, args: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }>

  /**
   * Writes database dump, config and data into the empty directory `into`, consistent in itself, the space down for as
   * short as the volume allows. Secrets of the machine (database password) are not part of it.
   */
  backup(target: SpaceTarget, into: string): Promise<void>
  /** Makes the space from such a directory; the space must be absent. Addresses and passwords are those of the new place. */
  restore(target: SpaceTarget, from: string): Promise<void>
}
