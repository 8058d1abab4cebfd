import { resolve } from 'node:path'
import type { SpaceTarget } from '../../engine/contract.ts'
import { asChatonError, ChatonError } from '../../kit/errors.ts'
import { randomWord } from '../../kit/random.ts'
import { withCondition } from '../../model/metadata.ts'
import type { Space } from '../../model/space.ts'
import { updateWithRetry, type Stored } from '../../store/contract.ts'
import { requireSpace, type SpacesContext } from '../context.ts'
import { removeWhole } from '../lifecycle.ts'
import { findingsFor, refuseOnErrors } from '../preflight.ts'
import type { Progress } from '../progress.ts'
import { rebalance } from '../rebalance.ts'
import { runStep, type StepRun } from '../run-step.ts'
import { requireIntact, verifyBackup } from './backup.ts'
import type { BackupManifest } from './manifest.ts'
import { claimName, planOf, refuseOtherEngine, refuseTaken, targetIn, wishedSpace, type Claimed, type Source } from './restore-claim.ts'

export interface RestoreOptions {
  readonly from: string
  /** Another slug than the backup's. */
  readonly slug?: string
  readonly dryRun: boolean
  readonly progress: Progress
}

export interface RestoreResult {
  readonly space: Space
  readonly manifest: BackupManifest
  readonly dryRun: boolean
}

/**
 * Makes a space from a verified backup. The slug must be free, or that of a restore of the same backup that was cut off,
 * which starts over. Nothing else that exists is overwritten, and where the backup cannot be taken in nothing stays.
 */
export async function restoreSpace(context: SpacesContext, options: RestoreOptions): Promise<RestoreResult> {
  const directory = resolve(options.from)
  const verdict = await verifyBackup(directory)
  requireIntact(directory, verdict)
  const { manifest } = verdict
  refuseOtherEngine(context, manifest)
  const wished = wishedSpace(manifest, options.slug)
  const { name } = wished.metadata
  const begun = await context.store.get('Space', name)
  if (begun !== undefined) refuseTaken(begun, manifest)
  const plan = (await context.store.get('Plan', wished.spec.plan)) ?? planOf(manifest)
  refuseOnErrors(await findingsFor(context, await targetIn(context, begun ?? wished, plan)))
  if (options.dryRun) return { space: wished, manifest, dryRun: true }
  await using _lock = await context.lock(name)
  const source = { directory, manifest }
  const claimed = await claimName(context, wished, source)
  return { space: await fill(context, claimed, { source, progress: options.progress }), manifest, dryRun: false }
}

async function fill(context: SpacesContext, claimed: Claimed, { source, progress }: { source: Source; progress: Progress }): Promise<Stored<Space>> {
  const { engine } = context
  const target = await targetIn(context, claimed.space, claimed.plan)
  const stepRun: StepRun = { subject: `space/${target.slug}`, run: randomWord(10), progress }
  const step = async (name: string, title: string, action: Parameters<typeof runStep>[3]): Promise<unknown> => await runStep(context, stepRun, { name, title }, action)
  try {
    await step('restore', 'Database, configuration and files', async () => {
      await engine.restore(target, source.directory)
      return { changed: true }
    })
  } catch (thrown) {
    throw await undone(context, target, { claimed, error: asChatonError(thrown) })
  }
  try {
    await step('limits', 'Account cap and storage pool', async () => await engine.ensureLimits(target))
    await step('site', 'Web site', async () => await engine.ensureSite(target))
    await step('health', 'Health check', async () => await requireHealth(context, target))
    await step('pool', 'Storage pool shared out between the accounts', async () => await ensurePool(context, target))
    if (claimed.space.spec.suspended) {
      await step('suspend', 'Suspended, as it was', async () => {
        await engine.suspend(target)
        return { changed: true }
      })
    }
  } catch (thrown) {
    throw await markFailed(context, target.slug, { error: asChatonError(thrown), from: source.directory })
  }
  return await markRestored(context, target, source.manifest)
}

async function ensurePool(context: SpacesContext, target: SpaceTarget): Promise<{ changed: boolean; note: string }> {
  const { written } = await rebalance(context, await requireSpace(context.store, target.slug), { target })
  return { changed: written > 0, note: `${written} quotas set` }
}

async function requireHealth({ engine }: SpacesContext, target: SpaceTarget): Promise<{ changed: boolean }> {
  const failed = (await engine.health(target)).filter((check) => !check.ok)
  if (failed.length === 0) return { changed: false }
  throw new ChatonError('unhealthy', `the restored space fails: ${failed.map((check) => `${check.name} ${check.message ?? ''}`).join('; ')}`)
}

/** A backup that the engine cannot take in leaves no trace; the backup itself is as it was. */
async function undone(context: SpacesContext, target: SpaceTarget, { claimed, error }: { claimed: Claimed; error: ChatonError }): Promise<ChatonError> {
  try {
    await removeWhole(context, target)
    if (claimed.planCreated) await context.store.delete('Plan', claimed.plan.metadata.name, claimed.plan.metadata.resourceVersion)
  } catch (thrown) {
    context.logger.warn({ space: target.slug, error: asChatonError(thrown).message }, 'what was made of a space could not be removed')
    return withNext(error, [`chaton space delete ${target.slug} removes what was made`])
  }
  return withNext(error, ['nothing of it was kept; mend the cause and run the same command again'])
}

async function markFailed(context: SpacesContext, slug: string, { error, from }: { error: ChatonError; from: string }): Promise<ChatonError> {
  const reason = typeof error.data['step'] === 'string' ? `Step-${error.data['step']}` : 'RestoreFailed'
  const condition = { type: 'Ready', status: 'False' as const, reason, message: error.message }
  await updateWithRetry(context.store, 'Space', slug, (space) => ({
    ...space,
    status: { ...space.status, phase: 'Failed', conditions: withCondition(space.status?.conditions ?? [], condition, context.clock.now()) },
  }))
  return withNext(error, [
    `mend the cause, then: chaton space restore ${from} --as ${slug} (it starts over)`,
    `chaton space show ${slug} has the journal; chaton space delete ${slug} removes what was made`,
  ])
}

function withNext(error: ChatonError, next: readonly string[]): ChatonError {
  const { code, message, actor, retryable, cause, data } = error
  return new ChatonError(code, message, { actor, retryable, cause, data, next: [...error.next, ...next] })
}

async function markRestored({ store, engine, clock }: SpacesContext, target: SpaceTarget, manifest: BackupManifest): Promise<Stored<Space>> {
  const now = clock.now()
  const ready = { type: 'Ready', status: 'True' as const, reason: 'Restored', message: `Restored from the backup of ${manifest.createdAt}.` }
  return await updateWithRetry(store, 'Space', target.slug, (current) => {
    const { restore: _done, ...status } = current.status ?? { conditions: [] }
    return {
      ...current,
      status: {
        ...status,
        phase: current.spec.suspended ? 'Suspended' : 'Ready',
        observedGeneration: current.metadata.generation,
        engine: engine.name,
        ...(engine.sandbox ? { sandbox: true } : {}),
        url: engine.address(target).url,
        release: manifest.release,
        administrator: manifest.administrator,
        handOver: { messageId: 'none', to: current.spec.owner.email, sentAt: now.toISOString() },
        conditions: withCondition(status.conditions, ready, now),
      },
    }
  })
}
