import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { ChatonError } from '../../kit/errors.ts'
import { writeFileAtomic } from '../../kit/files.ts'
import type { Space } from '../../model/space.ts'
import type { Stored } from '../../store/contract.ts'
import { requirePlan, requireSpace, targetOfStored, type SpacesContext } from '../context.ts'
import { addChecksum, verifyChecksums, writeChecksums, type Verdict } from './checksums.ts'
import { checksumsName, manifestName, readBackupManifest, type BackupManifest } from './manifest.ts'

export interface BackupResult {
  readonly directory: string
  readonly manifest: BackupManifest
}

const partial = '.partial'

/** `<backups>/<slug>/2026-11-24T04-30-00Z`. */
function backupDirectory(context: SpacesContext, slug: string): string {
  const stamp = context.clock.now().toISOString().replace(/\.\d+Z$/, 'Z').replaceAll(':', '-')
  return join(context.config.backupDirectory, slug, stamp)
}

/** Takes the space's lock, then {@link backupLocked}. */
export async function backupSpace(context: SpacesContext, slug: string, into?: string): Promise<BackupResult> {
  await using _lock = await context.lock(slug)
  return await backupLocked(context, slug, into)
}

/** Writes a whole backup or none: into a `.partial` directory, renamed when every checksum is written and all is on the disk. */
export async function backupLocked(context: SpacesContext, slug: string, into?: string): Promise<BackupResult> {
  const space = await requireSpace(context.store, slug)
  if (space.status?.url === undefined) {
    throw new ChatonError('bad-input', `the space "${slug}" is not finished yet (phase ${space.status?.phase ?? 'Pending'}): there is nothing whole to back up`, {
      next: [`chaton space show ${slug} says where it stands`],
    })
  }
  const directory = resolve(into ?? backupDirectory(context, slug))
  if ((await entriesOf(directory)) > 0) {
    throw new ChatonError('bad-input', `the directory "${directory}" is not empty`, { next: ['name an empty or new directory'] })
  }
  await removeCutOff(context, slug)
  const working = `${directory}${partial}`
  try {
    await rm(working, { recursive: true, force: true })
    await mkdir(working, { recursive: true, mode: 0o700 })
    const manifest = await fill(context, space, working)
    await rm(directory, { recursive: true, force: true })
    await rename(working, directory)
    return { directory, manifest }
  } catch (error) {
    await rm(working, { recursive: true, force: true })
    throw error
  }
}

async function fill(context: SpacesContext, space: Stored<Space>, working: string): Promise<BackupManifest> {
  const plan = await requirePlan(context.store, space.spec.plan)
  const target = await targetOfStored(context, space)
  await context.engine.backup(target, working)
  const list = join(working, checksumsName)
  const tally = await writeChecksums(working, list)
  const { uid, resourceVersion: _version, ...planMetadata } = plan.metadata
  const manifest: BackupManifest = {
    schema: 'chaton/backup.v1',
    createdAt: context.clock.now().toISOString(),
    engine: context.engine.name,
    slug: target.slug,
    uid: space.metadata.uid,
    release: target.release,
    administrator: target.administrator,
    spec: space.spec,
    plan: { ...plan, metadata: { ...planMetadata, uid } },
    ...tally,
  }
  await writeFileAtomic(join(working, manifestName), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 })
  await addChecksum(working, list, manifestName)
  return manifest
}

/** What killed runs left of this space. Its lock is held, so nobody writes there. */
async function removeCutOff({ config }: SpacesContext, slug: string): Promise<void> {
  const folder = join(config.backupDirectory, slug)
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.endsWith(partial)) await rm(join(folder, name), { recursive: true, force: true })
  }
}

async function entriesOf(directory: string): Promise<number> {
  return (await readdir(directory).catch(() => [])).length
}

export interface VerifyResult extends Verdict {
  readonly manifest: BackupManifest
  readonly ok: boolean
}

/** Reads every byte of a backup again. */
export async function verifyBackup(directory: string): Promise<VerifyResult> {
  const manifest = await readBackupManifest(directory)
  const verdict = await verifyChecksums(directory, join(directory, checksumsName))
  const ok = verdict.changed.length + verdict.missing.length + verdict.unknown.length === 0
  return { ...verdict, manifest, ok }
}

/** Throws `unhealthy` naming the first damaged files. */
export function requireIntact(directory: string, verdict: VerifyResult): void {
  if (verdict.ok) return
  const parts = [
    ...verdict.changed.map((path) => `changed: ${path}`),
    ...verdict.missing.map((path) => `missing: ${path}`),
    ...verdict.unknown.map((path) => `not in the list: ${path}`),
  ]
  const more = parts.length > 5 ? `\n  and ${parts.length - 5} more` : ''
  throw new ChatonError('unhealthy', `the backup "${directory}" is damaged; nothing was restored:\n  ${parts.slice(0, 5).join('\n  ')}${more}`, {
    next: ['use another backup: chaton space backup --list shows them'],
    data: { changed: verdict.changed, missing: verdict.missing, unknown: verdict.unknown },
  })
}

export interface BackupEntry {
  readonly directory: string
  readonly slug: string
  readonly createdAt: string
  readonly bytes: number
}

/** All finished backups under the hoster's backup directory, oldest first. */
export async function listBackups(context: Pick<SpacesContext, 'config'>): Promise<readonly BackupEntry[]> {
  const root = context.config.backupDirectory
  const entries: BackupEntry[] = []
  for (const slug of await readdir(root).catch(() => [])) {
    for (const stamp of await readdir(join(root, slug)).catch(() => [])) {
      const directory = join(root, slug, stamp)
      if (basename(directory).endsWith(partial)) continue
      const manifest = await readBackupManifest(directory).catch(() => undefined)
      if (manifest) entries.push({ directory, slug, createdAt: manifest.createdAt, bytes: manifest.bytes })
    }
  }
  return entries.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt))
}

/** Backups of spaces that no longer exist, older than the hoster keeps them. */
export async function expiredBackups(context: SpacesContext): Promise<readonly string[]> {
  const oldest = new Date(context.clock.now().getTime() - context.config.backupKeepDays * 86_400_000).toISOString()
  const live = new Set((await context.store.list('Space')).map((space) => space.metadata.name))
  const expired = (await listBackups(context)).filter((entry) => !live.has(entry.slug) && entry.createdAt < oldest)
  return expired.map(({ directory }) => directory)
}

/** Removes them. Answers what was removed. */
export async function pruneBackups(context: SpacesContext): Promise<readonly string[]> {
  const expired = await expiredBackups(context)
  for (const directory of expired) {
    await rm(directory, { recursive: true, force: true })
    if ((await entriesOf(dirname(directory))) === 0) await rm(dirname(directory), { recursive: true, force: true })
  }
  return expired
}
