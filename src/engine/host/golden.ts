import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, lchown, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Config } from '../../config/options.ts'
import type { Clock } from '../../kit/clock.ts'
import { asChatonError, ChatonError, hasSystemCode } from '../../kit/errors.ts'
import { ensureDirectory, readTextIfExists, writeFileAtomic } from '../../kit/files.ts'
import { lockFile, type Lock } from '../../kit/lock.ts'
import type { Logger } from '../../kit/log.ts'
import type { SecretStore } from '../../kit/secrets.ts'
import type { SpaceTarget } from '../contract.ts'
import { placeScripts, type Agents } from './agent.ts'
import { configPhp } from './config-php.ts'
import { ensureSpaceDirectories } from './host-spaces.ts'
import { installNextcloud } from './install.ts'
import { pathsOf, type HostSpace } from './names.ts'
import type { Nextcloud } from './nextcloud.ts'
import type { Databases, SpaceProcesses } from './parts.ts'
import { fingerprintOf, hasPasswordLists, versionOf } from './release-trees.ts'
import { settingsOf } from './settings.ts'
import { secretsOf } from './space-secrets.ts'
import type { UnixUsers } from './users.ts'

export interface GoldenDeps {
  readonly config: Config
  readonly secrets: SecretStore
  readonly clock: Clock
  readonly logger: Logger
  readonly users: UnixUsers
  readonly databases: Databases
  readonly processes: SpaceProcesses
  readonly php: () => Promise<string>
  readonly agents: Agents
  readonly nextcloud: Nextcloud
}

/** Counts up whenever what we do to a golden space changes, so that old ones are made anew. */
const recipe = 1

const Note = z.object({ id: z.string(), release: z.string(), kind: z.string(), files: z.array(z.string()), madeAt: z.string() })
export type Golden = z.infer<typeof Note>

/** Apps that ring home, or look after updates that are the hoster's work; and one that takes `one-click-instance` for its own container host. */
export const unwantedApps: readonly string[] = ['survey_client', 'nextcloud_announcements', 'updatenotification', 'app_api']

/** Tables that a fresh golden space must not have a row in: whatever stands there belongs to one instance. */
const personal = ['oc_users', 'oc_accounts', 'oc_preferences', 'oc_authtoken', 'oc_storages', 'oc_filecache', 'oc_mounts', 'oc_cards', 'oc_group_user']

/** Apps switched off in every space of this release, unless its plan asks for them. */
export async function switchedOff(release: string): Promise<readonly string[]> {
  return (await hasPasswordLists(release)) ? unwantedApps : [...unwantedApps, 'password_policy']
}

/**
 * Golden spaces: one installed Nextcloud for each release and kind of database, without any account and never served,
 * kept as a database template and a few files. A space is made by cloning it.
 */
export class GoldenSpaces {
  readonly #deps: GoldenDeps

  constructor(deps: GoldenDeps) {
    this.#deps = deps
  }

  /** The golden space of a release tree; made first if there is none, or only one of another state of the tree. */
  async prepare(release: string): Promise<Golden> {
    const { config, databases } = this.#deps
    const tree = join(config.releasesDirectory, release)
    const facts = JSON.stringify([config.stateDirectory, tree, await fingerprintOf(tree), databases.kind, recipe])
    const id = `ch-golden-${createHash('sha256').update(facts).digest('hex').slice(0, 6)}`
    const found = await this.#find(id)
    if (found) return found
    await using _lock = await this.#lock(id, release)
    return (await this.#find(id)) ?? (await this.#make(id, release))
  }

  /** Files of the data directory that every space starts with. */
  async copyFiles(golden: Golden, space: HostSpace): Promise<void> {
    for (const name of golden.files) {
      const target = join(space.data, name)
      try {
        // Never over what is there: the directory belongs to the space, and a link in it may lead anywhere.
        await copyFile(join(this.#directory(golden.id), 'data', name), target, constants.COPYFILE_EXCL)
        await lchown(target, space.owner.uid, space.owner.gid)
      } catch (error) {
        if (!hasSystemCode(error, 'EEXIST')) throw error
      }
    }
  }

  async byId(id: string): Promise<Golden | undefined> {
    return await this.#find(id)
  }

  /** Ids of all golden spaces here. */
  async list(): Promise<string[]> {
    const names = await readdir(join(this.#deps.config.stateDirectory, 'golden')).catch(() => [])
    return names.filter((name) => name.startsWith('ch-golden-')).toSorted()
  }

  /** Removes what was cloned from: spaces made of it do not need it any more. Repeatable. */
  async remove(id: string): Promise<void> {
    const { config, databases, users, secrets } = this.#deps
    await rm(join(this.#directory(id), 'golden.json'), { force: true })
    await this.#deps.agents.close(id)
    await databases.remove(id)
    await users.remove(id)
    await secrets.deleteAll(`space/${id}/`)
    await rm(pathsOf(config, id).root, { recursive: true, force: true })
    await rm(this.#directory(id), { recursive: true, force: true })
  }

  #directory(id: string): string {
    return join(this.#deps.config.stateDirectory, 'golden', id)
  }

  async #find(id: string): Promise<Golden | undefined> {
    const text = await readTextIfExists(join(this.#directory(id), 'golden.json'))
    return text !== undefined && (await this.#deps.databases.isSealed(id)) ? Note.parse(JSON.parse(text)) : undefined
  }

  async #lock(id: string, release: string): Promise<Lock> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await lockFile(join(this.#deps.config.stateDirectory, 'locks', `${id}.lock`), `the golden space of ${release}`)
      } catch (error) {
        if (asChatonError(error).code !== 'conflict' || attempt >= 600) throw error
        await this.#deps.clock.sleep(500)
      }
    }
  }

  async #make(id: string, release: string): Promise<Golden> {
    const { databases, users, clock, logger, config } = this.#deps
    logger.info({ release, id }, 'making the golden space of a release')
    await this.remove(id)
    const space = await this.#spaceOf(id, release)
    await databases.ensure(space, undefined)
    await this.#install(space)
    await this.#deps.agents.close(id)
    await this.#expectImpersonal(space)
    const files = await this.#keepFiles(space)
    await databases.seal(id)
    await users.remove(id)
    await this.#deps.secrets.deleteAll(`space/${id}/`)
    await rm(pathsOf(config, id).root, { recursive: true, force: true })
    const golden: Golden = { id, release, kind: databases.kind, files, madeAt: clock.now().toISOString() }
    await writeFileAtomic(join(this.#directory(id), 'golden.json'), `${JSON.stringify(golden, undefined, 2)}\n`, { mode: 0o600 })
    await this.#removeOlder(golden)
    return golden
  }

  async #spaceOf(id: string, release: string): Promise<HostSpace> {
    const { config, users } = this.#deps
    const paths = pathsOf(config, id)
    const space: HostSpace = {
      target: goldenTarget(id, release),
      names: { id, database: id },
      paths,
      owner: await users.ensure(id),
      data: join(paths.root, 'data'),
      release: join(config.releasesDirectory, release),
    }
    await ensureSpaceDirectories(space)
    await ensureDirectory(space.data, { mode: 0o700, owner: space.owner })
    await placeScripts(space)
    return space
  }

  async #install(space: HostSpace): Promise<void> {
    const { config, databases, nextcloud } = this.#deps
    const secrets = await secretsOf(this.#deps.secrets, space.target.uid)
    await installNextcloud(this.#deps, space, secrets.instanceId)
    const [database, version] = await Promise.all([databases.settings(space), versionOf(space.release)])
    const settings = settingsOf({ space, config, secrets, database, version, url: 'http://localhost', redis: false, smtpPassword: undefined })
    await writeFileAtomic(join(space.paths.config, 'config.php'), configPhp(settings), { mode: 0o640, owner: { uid: 0, gid: space.owner.gid } })
    await nextcloud.apps(space, { enable: [], disable: await switchedOff(space.release), hide: [], group: { id: '', name: '' } })
  }

  async #expectImpersonal(space: HostSpace): Promise<void> {
    const counts = personal.map((table) => `SELECT '${table}' AS name, count(*) AS rows FROM ${table}`).join(' UNION ALL ')
    const rows = await this.#deps.databases.query(space, counts)
    const full = rows.filter(([, count]) => count !== '0').map(([table, count]) => `${table} (${count})`)
    if (full.length === 0) return
    throw new ChatonError('unhealthy', `a fresh Nextcloud ${space.target.release} has rows of its own in ${full.join(', ')}: it is not fit for cloning`, {
      actor: 'bug',
      next: ['set golden: no in chaton.yaml: each space is then installed on its own'],
    })
  }

  async #keepFiles(space: HostSpace): Promise<string[]> {
    const entries = await readdir(space.data, { withFileTypes: true })
    const strange = entries.find((entry) => !entry.isFile())
    if (strange) throw new ChatonError('unhealthy', `a fresh Nextcloud ${space.target.release} has "${strange.name}" in its data directory: it is not fit for cloning`, { actor: 'bug' })
    const kept = join(this.#directory(space.names.id), 'data')
    await ensureDirectory(kept, { mode: 0o700 })
    for (const { name } of entries) await copyFile(join(space.data, name), join(kept, name))
    return entries.map(({ name }) => name).toSorted()
  }

  async #removeOlder(golden: Golden): Promise<void> {
    for (const id of await this.list()) {
      const other = await this.#find(id)
      if (id !== golden.id && other?.release === golden.release && other.kind === golden.kind) await this.remove(id)
    }
  }
}

/** SQL that makes a clone's dates its own: all else in a golden database belongs to no instance. */
export function personaliseClone(now: Date): string[] {
  const seconds = Math.floor(now.getTime() / 1000)
  return ['installedat', 'lastupdatedat'].map((key) => `UPDATE oc_appconfig SET configvalue = '${seconds}' WHERE appid = 'core' AND configkey = '${key}';`)
}

function goldenTarget(id: string, release: string): SpaceTarget {
  return {
    uid: id,
    slug: 'golden',
    title: 'golden',
    domain: 'localhost',
    port: undefined,
    release,
    poolBytes: 0,
    accountCap: 1,
    office: undefined,
    apps: { enable: [], disable: [], hide: [] },
    php: { workers: 1, memoryBytes: 512 * 2 ** 20, uploadMaxBytes: 2 ** 20 },
    owner: { name: 'golden', email: 'golden@localhost', locale: 'en' },
    administrator: 'admin',
  }
}
