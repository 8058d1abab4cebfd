import type { SpaceTarget } from '../engine/contract.ts'
import { ChatonError } from '../kit/errors.ts'
import type { Space } from '../model/space.ts'
import { updateWithRetry, type Stored } from '../store/contract.ts'
import { backupLocked } from './backup/backup.ts'
import { requireSpace, targetOfStored, type SpacesContext } from './context.ts'
import type { Progress } from './progress.ts'

export interface ChangeOptions {
  readonly dryRun: boolean
}

/** People see a page that says the space is suspended; nothing is lost. Repeatable. */
export async function suspendSpace(context: SpacesContext, slug: string, { dryRun }: ChangeOptions): Promise<Space> {
  return await setSuspended(context, slug, true, dryRun)
}

/** Undoes {@link suspendSpace}. Repeatable. */
export async function resumeSpace(context: SpacesContext, slug: string, { dryRun }: ChangeOptions): Promise<Space> {
  return await setSuspended(context, slug, false, dryRun)
}

async function setSuspended(context: SpacesContext, slug: string, suspended: boolean, dryRun: boolean): Promise<Space> {
  const space = await requireSpace(context.store, slug)
  if (space.status?.url === undefined) {
    throw new ChatonError('bad-input', `the space "${slug}" is not provisioned yet (phase ${space.status?.phase ?? 'Pending'})`, {
      next: [`chaton provision ${slug} finishes it`],
    })
  }
  if (dryRun) return { ...space, spec: { ...space.spec, suspended } }
  await using _lock = await context.lock(slug)
  const target = await targetOfStored(context, space)
  if (suspended) await context.engine.suspend(target)
  else await context.engine.resume(target)
  return await updateWithRetry(context.store, 'Space', slug, (current) => ({
    ...current,
    spec: { ...current.spec, suspended },
    status: { conditions: [], ...current.status, phase: suspended ? 'Suspended' : 'Ready' },
  }))
}

export interface DeleteOptions extends ChangeOptions {
  readonly backup: boolean
  readonly progress: Progress
}

export interface DeleteResult {
  readonly slug: string
  readonly dryRun: boolean
  /** Directory of the last backup; undefined where none was wanted or nothing was there to keep. */
  readonly backup: string | undefined
  readonly keptUntil: string | undefined
}

/** Backs up, then removes everything of a space. Cut off at any instant, the same call finishes. */
export async function deleteSpace(context: SpacesContext, slug: string, options: DeleteOptions): Promise<DeleteResult> {
  const space = await requireSpace(context.store, slug)
  if (options.dryRun) return { slug, dryRun: true, backup: undefined, keptUntil: undefined }
  await using _lock = await context.lock(slug)
  const target = await targetOfStored(context, space)
  const backup = await lastBackup(context, space, options)
  options.progress({ step: 'remove', title: 'Site, processes, database, files, accounts', state: 'started' })
  await removeWhole(context, target)
  options.progress({ step: 'remove', title: 'Site, processes, database, files, accounts', state: 'done' })
  return { slug, dryRun: false, backup, keptUntil: backup === undefined ? undefined : keptUntil(context) }
}

/** Everything that the engine made, the secrets, the journal and the record. Repeatable; its lock must be held. */
export async function removeWhole(context: SpacesContext, target: SpaceTarget): Promise<void> {
  await context.engine.remove(target)
  await context.secrets.deleteAll(`space/${target.uid}/`)
  await context.store.delete('Space', target.slug)
  await context.journal.forget(`space/${target.slug}`)
}

function keptUntil(context: SpacesContext): string {
  return new Date(context.clock.now().getTime() + context.config.backupKeepDays * 86_400_000).toISOString()
}

async function lastBackup(context: SpacesContext, space: Stored<Space>, options: DeleteOptions): Promise<string | undefined> {
  const slug = space.metadata.name
  const before = space.status?.deletion?.backup
  if (before !== undefined) return before === '' ? undefined : before
  const target = await targetOfStored(context, space)
  const worthIt = options.backup && space.status?.url !== undefined && (await context.engine.state(target)) !== 'absent'
  const title = 'Last backup'
  options.progress({ step: 'backup', title, state: 'started' })
  const made = worthIt ? (await backupLocked(context, slug)).directory : undefined
  options.progress({ step: 'backup', title, state: made === undefined ? 'skipped' : 'done', ...(made === undefined ? {} : { note: made }) })
  await updateWithRetry(context.store, 'Space', slug, (current) => ({
    ...current,
    status: { conditions: [], ...current.status, phase: 'Deleting', deletion: { backup: made ?? '' } },
  }))
  return made
}
