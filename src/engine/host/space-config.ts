import { readdir, readlink, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { readTextIfExists, writeFileAtomic } from '../../kit/files.ts'
import { randomName } from '../../kit/random.ts'
import { placeScripts } from './agent.ts'
import { configPhp } from './config-php.ts'
import type { HostParts } from './host-parts.ts'
import type { HostSpace } from './names.ts'
import { pinnedAppsDirectory } from './processes/fence.ts'
import { versionOf } from './release-trees.ts'
import { settingsOf } from './settings.ts'
import { secretsOf } from './space-secrets.ts'

const passwordOfSmtp = 'mail/password'

type ConfigParts = Pick<HostParts, 'config' | 'secrets' | 'databases' | 'processes' | 'sites'>

/** config.php and our scripts beside it. Answers whether config.php changed. */
export async function writeConfig(parts: ConfigParts, space: HostSpace): Promise<boolean> {
  const [secrets, database, version, redis, smtpPassword] = await Promise.all([
    secretsOf(parts.secrets, space.target.uid),
    parts.databases.settings(space),
    versionOf(space.release),
    parts.processes.redis(),
    parts.secrets.get(passwordOfSmtp),
    placeScripts(space),
  ])
  const url = parts.sites.url(space)
  const text = configPhp(settingsOf({ space, config: parts.config, secrets, database, version, url, redis, smtpPassword }))
  const file = join(space.paths.config, 'config.php')
  if ((await readTextIfExists(file)) === text) return false
  await writeFileAtomic(file, text, { mode: 0o640, owner: { uid: 0, gid: space.owner.gid } })
  return true
}

const newest = (versions: readonly string[]): string | undefined => versions.toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))[0]

/**
 * The space's second app path: a link for each pinned app to its newest version. Nextcloud takes the newer of a shipped
 * and a pinned app of one name. Answers whether anything changed.
 */
export async function linkPinnedApps({ config }: Pick<HostParts, 'config'>, space: HostSpace): Promise<boolean> {
  const directory = pinnedAppsDirectory(config)
  const wanted = new Map<string, string>()
  for (const app of await readdir(directory).catch((): string[] => [])) {
    const version = newest(await readdir(join(directory, app)).catch((): string[] => []))
    if (version !== undefined) wanted.set(app, join(directory, app, version))
  }
  let changed = false
  for (const [app, target] of wanted) {
    const link = join(space.paths.apps, app)
    if ((await readlink(link).catch(() => undefined)) === target) continue
    const temporary = `${link}.${randomName(6)}`
    await symlink(target, temporary)
    await rename(temporary, link)
    changed = true
  }
  for (const name of await readdir(space.paths.apps)) {
    if (wanted.has(name)) continue
    await rm(join(space.paths.apps, name), { recursive: true, force: true })
    changed = true
  }
  return changed
}
