import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../../config/options.ts'
import { systemClock, type Clock } from '../../kit/clock.ts'
import { ChatonError } from '../../kit/errors.ts'
import { ensureDirectory } from '../../kit/files.ts'
import { registerSecret } from '../../kit/mask.ts'
import { randomWord } from '../../kit/random.ts'
import type { SecretStore } from '../../kit/secrets.ts'
import { checkHealth } from '../../nextcloud/health.ts'
import type { Account, Credentials, Engine, Finding, HealthCheck, Invitation, SpaceAddress, SpaceState, SpaceTarget, SpaceUsage, StepResult } from '../contract.ts'
import { inviteAccount, listEngineAccounts, makeAppPassword, setEnabled, writeQuotas } from './accounts.ts'
import { backupSpace, restoreSpace } from './backup.ts'
import { idOf, pathsOf, sandboxDirectory, type SandboxPaths } from './paths.ts'
import { choosePort, ensureServer, isRunning, readPort, stopServer } from './server-process.ts'
import { createAccount, createToken, deleteAccount, findAccount, isAdministrator, joinGroup } from './space/accounts.ts'
import { SpaceDatabase } from './space/database.ts'
import { readSettings, writeSettings } from './space/settings.ts'
import { Tree } from './space/tree.ts'
import { totalBytes, usageByAccount } from './space/usage.ts'

export interface SandboxOptions {
  readonly config: Pick<Config, 'stateDirectory'>
  /** Its own secrets are kept as hashes in the space's database. */
  readonly secrets?: SecretStore
  readonly clock?: Clock
}

const unchanged = (note?: string): StepResult => ({ changed: false, ...(note === undefined ? {} : { note }) })
const release = '32.0.1'
const abandonedUploadSeconds = 24 * 3600

/** A stand-in for Nextcloud: a small server of ours per space. Everything it keeps lies under `<state>/sandbox/`. */
export class SandboxEngine implements Engine {
  readonly name = 'sandbox'
  readonly sandbox = true
  readonly #state: string
  readonly #clock: Clock

  constructor(options: SandboxOptions) {
    this.#state = options.config.stateDirectory
    this.#clock = options.clock ?? systemClock
  }

  /** The server itself refuses what would go above the pool. */
  async hardLimit(): Promise<boolean> {
    return true
  }

  /** The release whose manners it has. */
  async releases(): Promise<readonly string[]> {
    return [release]
  }

  async preflight(target: SpaceTarget): Promise<readonly Finding[]> {
    const missing = { code: 'release-missing', severity: 'error', message: `a sandbox has the manners of Nextcloud ${release} only, not of ${target.release}`, fix: 'leave out spec.release of the space, and releases.default of chaton.yaml' } as const
    const findings = target.release === release ? [] : [missing]
    if (existsSync('/proc/self/stat')) return findings
    return [...findings, { code: 'proc-missing', severity: 'error', message: 'the sandbox finds its processes through /proc, which this machine lacks', fix: 'run chaton on Linux' }]
  }

  async ensureDatabase(target: SpaceTarget): Promise<StepResult> {
    const { root, database } = this.#paths(target)
    const fresh = !existsSync(database)
    await ensureDirectory(root, { mode: 0o700 })
    await mkdir(join(root, 'database'), { recursive: true })
    using db = new SpaceDatabase(database)
    if (readSettings(db).instanceId === '') writeSettings(db, { instanceId: `oc${randomBytes(8).toString('hex').slice(0, 10)}` })
    joinGroup(db, 'admin', target.administrator)
    return { changed: fresh, note: 'SQLite' }
  }

  async ensureVolume(target: SpaceTarget): Promise<StepResult> {
    const { data } = this.#paths(target)
    const fresh = !existsSync(data)
    await mkdir(data, { recursive: true })
    return { changed: fresh, note: 'plain directory' }
  }

  async ensureConfig(target: SpaceTarget): Promise<StepResult> {
    return { changed: this.#set(target, { title: target.title, release: target.release || release }) }
  }

  async ensureApps(target: SpaceTarget): Promise<StepResult> {
    return { ...unchanged(), changed: this.#set(target, { apps: JSON.stringify(target.apps) }), note: 'kept as wished; a sandbox has no apps' }
  }

  async ensureOffice(_target: SpaceTarget): Promise<StepResult> {
    return { changed: false, skipped: 'a sandbox has no office suite' }
  }

  async ensureLimits(target: SpaceTarget): Promise<StepResult> {
    return { changed: this.#set(target, { poolBytes: target.poolBytes, accountCap: target.accountCap }) }
  }

  async ensureAdministrator(target: SpaceTarget): Promise<StepResult> {
    using db = this.#open(target)
    return db.write(() => {
      const uid = target.administrator
      const fresh = findAccount(db, uid) === undefined
      const { name, email, locale } = target.owner
      if (fresh) createAccount(db, { uid, displayName: name, email, language: locale, at: this.#now() })
      const enabled = db.run('UPDATE accounts SET enabled = 1 WHERE uid = ? AND enabled = 0', uid)
      return { changed: joinGroup(db, 'admin', uid) || enabled > 0 || fresh }
    })
  }

  async ensureSite(target: SpaceTarget): Promise<StepResult> {
    const paths = this.#paths(target)
    this.#open(target).close()
    const port = await choosePort(paths, target.port)
    return { changed: await ensureServer(paths, port, this.#clock), note: `http://127.0.0.1:${port}` }
  }

  address(target: SpaceTarget): SpaceAddress {
    return { url: `http://127.0.0.1:${target.port ?? readPort(this.#paths(target)) ?? 0}` }
  }

  async health(target: SpaceTarget): Promise<readonly HealthCheck[]> {
    const userId = `chaton-check-${randomBytes(6).toString('hex')}`
    try {
      const credentials = this.#throwAway(target, userId)
      return await checkHealth(this.address(target).url, credentials)
    } catch (error) {
      return [{ name: 'status.php', ok: false, milliseconds: 0, message: error instanceof Error ? error.message : String(error) }]
    } finally {
      this.#removeAccount(target, userId)
    }
  }

  async state(target: SpaceTarget): Promise<SpaceState> {
    const paths = this.#paths(target)
    if (!existsSync(paths.database)) return 'absent'
    if (this.#settings(target).suspended) return 'suspended'
    return isRunning(paths) ? 'running' : 'stopped'
  }

  async suspend(target: SpaceTarget): Promise<void> {
    this.#set(target, { suspended: true })
  }

  async resume(target: SpaceTarget): Promise<void> {
    this.#set(target, { suspended: false })
    await this.ensureSite(target)
  }

  async remove(target: SpaceTarget): Promise<void> {
    const paths = this.#paths(target)
    await stopServer(paths, this.#clock)
    await rm(paths.root, { recursive: true, force: true, maxRetries: 5 })
  }

  async accounts(target: SpaceTarget): Promise<readonly Account[]> {
    using db = this.#open(target)
    return listEngineAccounts(db)
  }

  async invite(target: SpaceTarget, account: { userId: string; displayName: string; email: string; locale: 'fr' | 'en' }): Promise<Invitation> {
    using db = this.#open(target)
    const token = inviteAccount(db, account, this.#now())
    return { userId: account.userId, link: `${this.address(target).url}/index.php/lostpassword/reset/form/${token}/${encodeURIComponent(account.userId)}` }
  }

  async setAccountEnabled(target: SpaceTarget, userId: string, enabled: boolean): Promise<void> {
    using db = this.#open(target)
    setEnabled(db, userId, enabled)
  }

  async createAppPassword(target: SpaceTarget, userId: string, label: string): Promise<Credentials> {
    using db = this.#open(target)
    return makeAppPassword(db, { userId, label, at: this.#now() })
  }

  async setQuotas(target: SpaceTarget, quotas: ReadonlyMap<string, number>): Promise<number> {
    using db = this.#open(target)
    return writeQuotas(db, quotas)
  }

  async usage(target: SpaceTarget): Promise<SpaceUsage> {
    using db = this.#open(target)
    const accounts = usageByAccount(db).map(({ uid, files, versions, trash, uploads }) => ({
      userId: uid,
      filesBytes: files,
      versionsBytes: versions,
      trashBytes: trash,
      otherBytes: uploads,
    }))
    return { accounts, appDataBytes: 0, totalBytes: totalBytes(db), exact: true }
  }

  /** The token lists each space with its counter: one small query a space. */
  async changedSince(targets: readonly SpaceTarget[], since: string | undefined): Promise<{ changed: readonly string[]; token: string }> {
    const before = readCounters(since)
    const counters = targets.filter((target) => existsSync(this.#paths(target).database)).map((target) => [target.uid, this.#settings(target).changes] as const)
    return { changed: counters.filter(([uid, count]) => before[uid] !== count).map(([uid]) => uid), token: JSON.stringify(Object.fromEntries(counters)) }
  }

  /** Forgets uploads that nobody finished within a day. */
  async runJobs(target: SpaceTarget): Promise<void> {
    if ((await this.state(target)) !== 'running') return
    using db = this.#open(target)
    const tree = new Tree(db, this.#paths(target).data)
    for (const { uid } of db.all<{ uid: string }>('SELECT uid FROM accounts')) {
      const now = this.#now()
      for (const folder of tree.children(tree.root(uid, 'uploads', now))) if (now - folder.mtime > abandonedUploadSeconds) tree.remove(folder, now)
    }
  }

  async leftovers(known: readonly SpaceTarget[]): Promise<readonly Finding[]> {
    const directory = sandboxDirectory(this.#state)
    const names = existsSync(directory) ? await readdir(directory) : []
    const expected = new Set(known.map(idOf))
    return names
      .filter((name) => !expected.has(name))
      .map((name) => ({ code: 'leftover-sandbox', severity: 'warning', message: `${join(directory, name)} belongs to no known space`, fix: `rm -r ${join(directory, name)}` }))
  }

  async occ(_target: SpaceTarget, _args: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    throw new ChatonError('machine-not-ready', 'a sandbox has no occ: it is not a Nextcloud', { next: ['use the host engine for a real Nextcloud: chaton host setup'] })
  }

  async backup(target: SpaceTarget, into: string): Promise<void> {
    using db = this.#open(target)
    await backupSpace(db, this.#paths(target), into)
  }

  async restore(target: SpaceTarget, from: string): Promise<void> {
    if ((await this.state(target)) !== 'absent') throw new ChatonError('conflict', `the space "${target.slug}" exists already; a backup is restored as a new space`)
    await restoreSpace(this.#paths(target), from)
    await this.ensureConfig(target)
    await this.ensureLimits(target)
    await this.ensureSite(target)
  }

  #paths(target: Pick<SpaceTarget, 'slug' | 'uid'>): SandboxPaths {
    return pathsOf(this.#state, target)
  }

  #open(target: SpaceTarget): SpaceDatabase {
    const { database } = this.#paths(target)
    if (!existsSync(database)) throw new ChatonError('not-found', `the space "${target.slug}" does not exist on this machine`)
    return new SpaceDatabase(database)
  }

  #settings(target: SpaceTarget): ReturnType<typeof readSettings> {
    using db = this.#open(target)
    return readSettings(db)
  }

  #set(target: SpaceTarget, wanted: Parameters<typeof writeSettings>[1]): boolean {
    using db = this.#open(target)
    return writeSettings(db, wanted)
  }

  #now(): number {
    return Math.floor(this.#clock.now().getTime() / 1000)
  }

  #throwAway(target: SpaceTarget, userId: string): Credentials {
    using db = this.#open(target)
    createAccount(db, { uid: userId, displayName: randomWord(8), at: this.#now() })
    return { userId, password: registerSecret(createToken(db, { uid: userId, label: 'chaton health check', at: this.#now() })) }
  }

  #removeAccount(target: SpaceTarget, userId: string): void {
    if (!existsSync(this.#paths(target).database)) return
    using db = this.#open(target)
    if (isAdministrator(db, userId)) return
    db.write(() => deleteAccount(db, userId))
    new Tree(db, this.#paths(target).data).removeAccount(userId)
  }
}

/** The engine of a machine with nothing installed. */
export const sandboxEngine = (options: SandboxOptions): SandboxEngine => new SandboxEngine(options)

function readCounters(token: string | undefined): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(token ?? '{}')
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
  } catch {
    return {}
  }
}
