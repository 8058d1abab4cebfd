import { ensureDirectory } from '../../kit/files.ts'
import type { OfficeSuite } from '../../model/plan.ts'
import { asChatonError, ChatonError } from '../../kit/errors.ts'
import type { SpaceTarget, StepResult } from '../contract.ts'
import { forgetClosing, isSuspended } from './closing.ts'
import { personaliseClone, switchedOff, type Golden } from './golden.ts'
import type { HostParts } from './host-parts.ts'
import { clearInstallRemains, installNextcloud } from './install.ts'
import { namesOf, type HostSpace } from './names.ts'
import type { SpaceRecord } from './records.ts'
import { linkPinnedApps, writeConfig } from './space-config.ts'
import { secretsOf } from './space-secrets.ts'
import { warmUp } from './warm-up.ts'

const recordOf = ({ uid, slug, release, poolBytes }: SpaceTarget): SpaceRecord => ({ uid, slug, release, poolBytes, installing: false, installed: false, closedForBackup: false })

/** The golden space to clone, or why the space is installed on its own. */
async function goldenFor({ config, golden, logger }: HostParts, release: string): Promise<Golden | undefined> {
  if (!config.golden) return undefined
  try {
    return await golden.prepare(release)
  } catch (error) {
    const failure = asChatonError(error)
    if (failure.code !== 'unhealthy') throw failure
    logger.warn({ release, reason: failure.message }, 'no golden space: installing from scratch')
    return undefined
  }
}

/** A database that was begun with one release cannot be finished with another. */
function refuseOtherRelease(known: SpaceRecord | undefined, { slug, release }: SpaceTarget): void {
  if (known === undefined || known.release === release) return
  throw new ChatonError('conflict', `the space "${slug}" was begun with Nextcloud ${known.release} and cannot be finished with ${release}`, {
    next: [`write release: "${known.release}" into its manifest`, `or begin anew: chaton space delete ${slug}, then provision it again`],
  })
}

/** Unix user, role and database; with a golden space, Nextcloud's tables are in it at once. */
export async function ensureDatabase(parts: HostParts, target: SpaceTarget): Promise<StepResult> {
  const { records, databases, clock } = parts
  const known = await records.read(namesOf(target).id)
  refuseOtherRelease(known, target)
  const [space, golden] = await Promise.all([
    parts.spaces.ensure(target),
    known?.installed === true || known?.installing === true ? undefined : goldenFor(parts, target.release),
  ])
  const { id } = space.names
  const record = known ?? recordOf(target)
  if (record.installed) {
    const { created } = await databases.ensure(space, undefined)
    if (!created) return { changed: false }
    throw new ChatonError('unhealthy', `the database of "${target.slug}" is gone, though Nextcloud was installed in it`, {
      next: [`chaton space delete ${target.slug}, then chaton space restore <its last backup>`, 'chaton space backup --list shows all backups'],
    })
  }
  await records.write(id, record)
  const { created } = await databases.ensure(space, golden && { id: golden.id, personalise: personaliseClone(clock.now()) })
  if (golden === undefined) return { changed: created }
  await records.write(id, { ...record, golden: golden.id, installed: true })
  return { changed: true, note: `golden clone of ${target.release}` }
}

export async function ensureVolume(parts: HostParts, target: SpaceTarget): Promise<StepResult> {
  const { volumes, records, golden } = parts
  const space = await parts.spaces.ensure(target)
  const { created } = await volumes.ensure(space.names.id, { owner: space.owner, limitBytes: target.poolBytes })
  await ensureDirectory(space.data, { mode: 0o700, owner: space.owner })
  const from = (await records.read(space.names.id))?.golden
  const source = from === undefined ? undefined : await golden.byId(from)
  if (source !== undefined) await golden.copyFiles(source, space)
  return { changed: created, note: volumes.hardLimit ? `${volumes.kind}, hard limit` : `${volumes.kind}, soft limit` }
}

/** Settings, pinned apps, and the install where there was no golden space; starts PHP ahead of the steps that need it. */
export async function ensureConfig(parts: HostParts, target: SpaceTarget): Promise<StepResult> {
  const space = await parts.spaces.ensure(target)
  const [written, linked] = await Promise.all([writeConfig(parts, space), linkPinnedApps(parts, space), parts.processes.ensureRedis(space)])
  if (written) await parts.agents.close(space.names.id)
  const installed = await ensureInstalled(parts, space)
  const processes = await parts.processes.ensure(space)
  // Not before Redis runs: a Nextcloud that once failed to reach it does not try again.
  parts.agents.warm(space)
  if (processes.changed) void warmUp(space)
  return { changed: written || linked || installed, ...(installed ? { note: `Nextcloud ${target.release} installed` } : {}) }
}

/** The cold path. A database is emptied only where our own note says that an install was begun in an empty one. */
async function ensureInstalled(parts: HostParts, space: HostSpace): Promise<boolean> {
  const { records, databases } = parts
  const { id } = space.names
  const record = (await records.read(id)) ?? recordOf(space.target)
  if (record.installed) return false
  if (record.installing) {
    await databases.remove(id)
    await databases.ensure(space, undefined)
    await clearInstallRemains(space)
  } else if (!(await databases.isEmpty(space))) {
    throw new ChatonError('conflict', `the database "${space.names.database}" of "${space.target.slug}" already holds tables, and chaton has no note of having made them`, {
      actor: 'hoster',
      next: ['look into it; if nobody needs it, drop it and run the same command again'],
    })
  }
  await records.write(id, { ...record, installing: true })
  const { instanceId } = await secretsOf(parts.secrets, space.target.uid)
  await installNextcloud(parts, space, instanceId)
  await records.write(id, { ...record, installing: false, installed: true })
  return true
}

const wordsOfGroup = { fr: 'Toutes les applications', en: 'All apps' } as const

/** Members see the apps that a plan hides; administrators always do and choose who else. */
export const hidingGroup = 'chaton-all-apps'

export async function ensureApps(parts: HostParts, target: SpaceTarget): Promise<StepResult> {
  const space = await parts.spaces.ensure(target)
  const { enable, disable, hide } = target.apps
  const off = (await switchedOff(space.release)).filter((app) => !enable.includes(app) && !hide.includes(app))
  const wish = { enable, disable: [...new Set([...off, ...disable])], hide, group: { id: hidingGroup, name: wordsOfGroup[target.owner.locale] } }
  const done = await parts.nextcloud.apps(space, wish)
  if (done.missing.length > 0) {
    throw new ChatonError('not-found', `the plan asks for ${done.missing.join(', ')}, which ${target.release} does not ship and nobody added to this machine`, {
      actor: 'hoster',
      next: done.missing.map((app) => `chaton app add <archive or directory of ${app}>`),
    })
  }
  const changed = [...done.enabled, ...done.disabled, ...done.hidden]
  const note = done.unhideable.length === 0 ? undefined : `cannot be hidden, Nextcloud wants them for everybody: ${done.unhideable.join(', ')}`
  return { changed: changed.length > 0, ...(note === undefined ? {} : { note }) }
}

interface Suite {
  readonly app: string
  readonly option: 'collaboraUrl' | 'onlyofficeUrl'
  readonly key: string
  readonly settings: (url: string) => Record<string, string>
}

const suites: Record<OfficeSuite, Suite> = {
  collabora: { app: 'richdocuments', option: 'collaboraUrl', key: 'office.collaboraUrl', settings: (url) => ({ wopi_url: url, public_wopi_url: url }) },
  onlyoffice: { app: 'onlyoffice', option: 'onlyofficeUrl', key: 'office.onlyofficeUrl', settings: (url) => ({ DocumentServerUrl: `${url.replace(/\/+$/, '')}/` }) },
}

export async function ensureOffice(parts: HostParts, target: SpaceTarget): Promise<StepResult> {
  if (target.office === undefined) return { changed: false, skipped: 'the plan has no office suite' }
  const space = await parts.spaces.ensure(target)
  const { app, option, key, settings } = suites[target.office]
  const url = parts.config[option]
  if (url === '') return { changed: false, skipped: `no address of ${target.office} is set: write ${key} into chaton.yaml` }
  const { present, changed } = await parts.nextcloud.appSettings(space, app, settings(url))
  if (!present) return { changed: false, skipped: `the app "${app}" is not on this machine: chaton app add <archive of ${app}>` }
  const others = Object.values(suites).flatMap((suite) => (suite.app === app ? [] : [suite.app]))
  const done = await parts.nextcloud.apps(space, { enable: [app], disable: others, hide: [], group: { id: '', name: '' } })
  return { changed: changed || done.enabled.length > 0 || done.disabled.length > 0 }
}

export async function ensureLimits(parts: HostParts, target: SpaceTarget): Promise<StepResult> {
  const space = await parts.spaces.ensure(target)
  const record = await parts.records.read(space.names.id)
  const [written] = await Promise.all([
    writeConfig(parts, space),
    parts.volumes.ensure(space.names.id, { owner: space.owner, limitBytes: target.poolBytes }),
  ])
  if (written) await parts.agents.close(space.names.id)
  const resized = record !== undefined && record.poolBytes !== target.poolBytes
  if (resized) await parts.records.write(space.names.id, { ...record, poolBytes: target.poolBytes })
  const suspended = await isSuspended(parts, space.names.id)
  const started = suspended ? false : (await parts.processes.ensure(space)).changed
  return { changed: written || resized || started }
}

export async function ensureAdministrator(parts: HostParts, target: SpaceTarget): Promise<StepResult> {
  const space = await parts.spaces.ensure(target)
  const { name, email, locale } = target.owner
  const account = { userId: target.administrator, displayName: name, email, language: locale }
  const { created, changed } = await parts.nextcloud.ensureAdministrator(space, account)
  return { changed, note: created ? 'created, with a password that nobody knows' : target.administrator }
}

/** A suspended space stays suspended: only `resume` opens it again. */
export async function ensureSite(parts: HostParts, target: SpaceTarget): Promise<StepResult> {
  const space = await parts.spaces.ensure(target)
  if (await isSuspended(parts, space.names.id)) return { ...(await parts.sites.ensure(space, 'suspended')), note: 'suspended' }
  const [processes, site] = await Promise.all([parts.processes.ensure(space), parts.sites.ensure(space, 'live')])
  await forgetClosing(parts, space.names.id)
  return { changed: processes.changed || site.changed, note: parts.sites.url(space) }
}
