import { resolve } from 'node:path'
import { ChatonError } from '../../kit/errors.ts'
import { randomWord } from '../../kit/random.ts'
import { withCondition } from '../../model/metadata.ts'
import { Slug } from '../../model/slug.ts'
import { apiVersion } from '../../model/metadata.ts'
import type { Space } from '../../model/space.ts'
import { updateWithRetry, type Stored } from '../../store/contract.ts'
import type { SpacesContext } from '../context.ts'
import { targetOf } from '../desired.ts'
import { ensurePort } from '../ports.ts'
import { refuseOnErrors } from '../preflight.ts'
import type { Progress } from '../progress.ts'
import { runStep, type StepRun } from '../run-step.ts'
import { requireIntact, verifyBackup } from './backup.ts'
import type { BackupManifest } from './manifest.ts'

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

/** Makes a space from a verified backup. The slug must be free; nothing that exists is overwritten. */
export async function restoreSpace(context: SpacesContext, options: RestoreOptions): Promise<RestoreResult> {
  const directory = resolve(options.from)
  const verdict = await verifyBackup(directory)
  requireIntact(directory, verdict)
  const { manifest } = verdict
  const wished = wishedSpace(manifest, options.slug)
  await refuseTaken(context, wished.metadata.name)
  if (options.dryRun) return { space: wished, manifest, dryRun: true }
  await using _lock = await context.lock(wished.metadata.name)
  const plan = (await context.store.get('Plan', wished.spec.plan)) ?? (await context.store.create('Plan', cleanPlan(manifest)))
  const created = await createRestored(context, wished)
  const target = targetOf({ space: created, plan, config: context.config, releases: await context.engine.releases() })
  const stepRun: StepRun = { subject: `space/${target.slug}`, run: randomWord(10), progress: options.progress }
  try {
    refuseOnErrors(await context.engine.preflight(target))
    await runStep(context, stepRun, { name: 'restore', title: 'Database, configuration and files' }, async () => {
      await context.engine.restore(target, directory)
      return { changed: true }
    })
    await runStep(context, stepRun, { name: 'limits', title: 'Account cap and storage pool' }, async () => await context.engine.ensureLimits(target))
    await runStep(context, stepRun, { name: 'site', title: 'Web site' }, async () => await context.engine.ensureSite(target))
    await runStep(context, stepRun, { name: 'health', title: 'Health check' }, async () => {
      const failed = (await context.engine.health(target)).filter((check) => !check.ok)
      if (failed.length === 0) return { changed: false }
      throw new ChatonError('unhealthy', `the restored space fails: ${failed.map((check) => `${check.name} ${check.message ?? ''}`).join('; ')}`)
    })
  } catch (error) {
    await updateWithRetry(context.store, 'Space', target.slug, (space) => ({ ...space, status: { conditions: [], ...space.status, phase: 'Failed' } }))
    throw error
  }
  return { space: await markRestored(context, target.slug, { manifest, url: context.engine.address(target).url }), manifest, dryRun: false }
}

function wishedSpace(manifest: BackupManifest, slug: string | undefined): Space {
  const name = slug ?? manifest.slug
  const parsed = Slug.safeParse(name)
  if (!parsed.success) throw new ChatonError('bad-input', parsed.error.issues.map((issue) => issue.message).join('; '))
  const { domain, ...spec } = manifest.spec
  const keepDomain = domain !== undefined && name === manifest.slug
  return {
    apiVersion,
    kind: 'Space',
    metadata: { name },
    spec: { ...spec, release: manifest.release, ...(keepDomain ? { domain } : {}) },
  }
}

function cleanPlan(manifest: BackupManifest): BackupManifest['plan'] {
  return { ...manifest.plan, metadata: { name: manifest.plan.metadata.name } }
}

async function refuseTaken(context: SpacesContext, slug: string): Promise<void> {
  const existing = await context.store.get('Space', slug)
  if (existing === undefined) return
  throw new ChatonError('conflict', `there is a space named "${slug}" already; a restore overwrites nothing`, {
    next: [`restore beside it: --as ${slug}-restored`, `or delete it first: chaton space delete ${slug}`],
  })
}

async function createRestored(context: SpacesContext, wished: Space): Promise<Stored<Space>> {
  const created = await context.store.create('Space', { ...wished, status: { phase: 'Provisioning', conditions: [] } })
  const loopback = context.engine.sandbox || context.config.webMode === 'loopback'
  return loopback ? await ensurePort(context.store, created, context.config.webFirstPort) : created
}

async function markRestored(context: SpacesContext, slug: string, { manifest, url }: { manifest: BackupManifest; url: string }): Promise<Stored<Space>> {
  const now = context.clock.now()
  const ready = { type: 'Ready', status: 'True' as const, reason: 'Restored', message: `Restored from the backup of ${manifest.createdAt}.` }
  return await updateWithRetry(context.store, 'Space', slug, (current) => ({
    ...current,
    status: {
      ...current.status,
      phase: 'Ready',
      observedGeneration: current.metadata.generation,
      engine: context.engine.name,
      ...(context.engine.sandbox ? { sandbox: true } : {}),
      url,
      release: manifest.release,
      administrator: manifest.administrator,
      handOver: { messageId: 'none', to: current.spec.owner.email, sentAt: now.toISOString() },
      conditions: withCondition(current.status?.conditions ?? [], ready, now),
    },
  }))
}
