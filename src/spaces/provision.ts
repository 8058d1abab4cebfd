import type { Finding, SpaceTarget } from '../engine/contract.ts'
import { asChatonError, ChatonError } from '../kit/errors.ts'
import { randomWord } from '../kit/random.ts'
import { withCondition } from '../model/metadata.ts'
import type { Plan } from '../model/plan.ts'
import type { Space } from '../model/space.ts'
import { updateWithRetry, type Stored } from '../store/contract.ts'
import { applyClaim, judgeClaim, type Claim } from './claim.ts'
import { requirePlan, type SpacesContext } from './context.ts'
import { targetOf } from './desired.ts'
import { ensureHandOver, signInOf, type SignIn } from './hand-over.ts'
import { judgePlanChange } from './plan-change.ts'
import { ensurePort } from './ports.ts'
import { findingsFor, refuseOnErrors } from './preflight.ts'
import type { Progress, StepReport } from './progress.ts'
import { rebalance } from './rebalance.ts'
import { runStep, type StepRun } from './run-step.ts'
import { engineSteps, provisionStepTitles } from './steps.ts'
import { withFreshUsage } from './usage.ts'

export interface ProvisionOptions {
  readonly dryRun: boolean
  readonly progress: Progress
}

export interface ProvisionResult {
  readonly space: Space
  readonly dryRun: boolean
  readonly claim: Claim
  readonly steps: readonly StepReport[]
  /** What would be, or was, run: name and title. */
  readonly plan: readonly { readonly name: string; readonly title: string }[]
  readonly findings: readonly Finding[]
  readonly signIn: SignIn | undefined
}

/**
 * Makes the space of a manifest, or brings an existing one up to it. Every step is repeatable: after a kill at any
 * instant the same call finishes the space. Throws what the failing step threw, with the step's name.
 */
export async function provision(context: SpacesContext, manifest: Space, options: ProvisionOptions): Promise<ProvisionResult> {
  const plan = await requirePlan(context.store, manifest.spec.plan, 'bad-input')
  const claim = await claimOf(context, manifest, plan)
  const findings = await preflight(context, manifest, plan)
  if (options.dryRun) {
    return { space: manifest, dryRun: true, claim, steps: [], plan: provisionStepTitles, findings, signIn: undefined }
  }
  refuseOnErrors(findings)
  await using _lock = await context.lock(manifest.metadata.name)
  return await provisionLocked(context, manifest, plan, { ...options, findings })
}

async function claimOf(context: SpacesContext, manifest: Space, plan: Plan): Promise<Claim> {
  const spaces = await context.store.list('Space')
  const stored = spaces.find((entry) => entry.metadata.name === manifest.metadata.name)
  const claim = judgeClaim(manifest, stored, spaces.map((entry) => entry.metadata.name))
  if (stored !== undefined && claim.action === 'change' && claim.fields.some((field) => field === 'plan' || field === 'office')) {
    refuseOnErrors(judgePlanChange({ ...(await withFreshUsage(context, stored)), spec: manifest.spec }, plan))
  }
  return claim
}

async function preflight(context: SpacesContext, manifest: Space, plan: Plan): Promise<readonly Finding[]> {
  const stored = await context.store.get('Space', manifest.metadata.name)
  const space = { ...manifest, metadata: stored?.metadata ?? manifest.metadata, ...(stored?.status ? { status: stored.status } : {}) }
  const target = targetOf({ space, plan, config: context.config, releases: await context.engine.releases() })
  return await findingsFor(context, target)
}

interface LockedOptions extends ProvisionOptions {
  readonly findings: readonly Finding[]
}

async function provisionLocked(context: SpacesContext, manifest: Space, plan: Stored<Plan>, options: LockedOptions): Promise<ProvisionResult> {
  const claim = await claimOf(context, manifest, plan)
  const slug = manifest.metadata.name
  const stepRun: StepRun = { subject: `space/${slug}`, run: randomWord(10), progress: options.progress }
  const steps: StepReport[] = []
  const step = async (name: string, action: Parameters<typeof runStep>[3]): Promise<void> => {
    const title = provisionStepTitles.find((entry) => entry.name === name)?.title ?? name
    steps.push(await runStep(context, stepRun, { name, title }, action))
  }
  try {
    await step('names', async () => await ensureIdentity(context, manifest, claim))
    const target = await currentTarget(context, slug, plan)
    for (const { name, run } of engineSteps) await step(name, async () => await run(context.engine, target))
    await step('pool', async () => await ensurePool(context, slug))
    await step('health', async () => await requireHealth(context, target))
    await step('hand-over', async () => await ensureHandOver(context, target, await stored(context, slug), plan))
    const space = await markReady(context, slug, target, plan)
    const signIn = await signInOf(context, target, space)
    await context.engine.rest(target)
    return { space, dryRun: false, claim, steps, plan: provisionStepTitles, findings: options.findings, signIn }
  } catch (thrown) {
    throw await markFailed(context, slug, asChatonError(thrown))
  }
}

async function stored(context: SpacesContext, slug: string): Promise<Stored<Space>> {
  const space = await context.store.get('Space', slug)
  if (space) return space
  throw new ChatonError('conflict', `the space "${slug}" was deleted while it was being provisioned`)
}

async function ensureIdentity(context: SpacesContext, manifest: Space, claim: Claim): Promise<{ changed: boolean; note: string }> {
  const claimed = await applyClaim(context.store, manifest, claim)
  const loopback = context.engine.sandbox || context.config.webMode === 'loopback'
  const space = loopback ? await ensurePort(context.store, claimed, context.config.webFirstPort) : claimed
  await updateWithRetry(context.store, 'Space', space.metadata.name, (current) => ({
    ...current,
    status: { conditions: [], ...current.status, phase: current.status?.phase === 'Ready' ? 'Ready' : 'Provisioning' },
  }))
  return { changed: claim.action !== 'keep', note: `${claim.action} ${space.metadata.name}` }
}

async function currentTarget(context: SpacesContext, slug: string, plan: Plan): Promise<SpaceTarget> {
  const space = await stored(context, slug)
  return targetOf({ space, plan, config: context.config, releases: await context.engine.releases() })
}

async function ensurePool(context: SpacesContext, slug: string): Promise<{ changed: boolean; note: string }> {
  const { written } = await rebalance(context, await stored(context, slug))
  return { changed: written > 0, note: `${written} quota${written === 1 ? '' : 's'} set` }
}

async function requireHealth(context: SpacesContext, target: SpaceTarget): Promise<{ changed: boolean; note: string }> {
  const checks = await context.engine.health(target)
  const failed = checks.filter((check) => !check.ok)
  if (failed.length > 0 || checks.length === 0) {
    const list = failed.map((check) => `${check.name}: ${check.message ?? 'failed'}`).join('; ')
    throw new ChatonError('unhealthy', `the space does not pass its health check: ${list === '' ? 'nothing answered' : list}`)
  }
  return { changed: false, note: checks.map((check) => `${check.name} ${Math.round(check.milliseconds)} ms`).join(', ') }
}

async function markReady(context: SpacesContext, slug: string, target: SpaceTarget, plan: Stored<Plan>): Promise<Stored<Space>> {
  return await updateWithRetry(context.store, 'Space', slug, (current) => ({
    ...current,
    status: {
      ...current.status,
      phase: current.spec.suspended ? 'Suspended' : 'Ready',
      observedGeneration: current.metadata.generation,
      engine: context.engine.name,
      ...(context.engine.sandbox ? { sandbox: true } : {}),
      url: context.engine.address(target).url,
      release: target.release,
      planGeneration: plan.metadata.generation,
      administrator: target.administrator,
      conditions: withCondition(
        current.status?.conditions ?? [],
        { type: 'Ready', status: 'True', reason: 'Provisioned', message: 'The space passed its health check.' },
        context.clock.now(),
      ),
    },
  }))
}

async function markFailed(context: SpacesContext, slug: string, error: ChatonError): Promise<ChatonError> {
  const current = await context.store.get('Space', slug)
  if (!current || error.code === 'conflict') return error
  const step = typeof error.data['step'] === 'string' ? error.data['step'] : 'unknown'
  const condition = { type: 'Ready', status: 'False' as const, reason: `Step-${step}`, message: error.message }
  await updateWithRetry(context.store, 'Space', slug, (space) => ({
    ...space,
    status: {
      ...space.status,
      phase: space.status?.phase === 'Ready' ? 'Degraded' : 'Failed',
      conditions: withCondition(space.status?.conditions ?? [], condition, context.clock.now()),
    },
  }))
  return new ChatonError(error.code, error.message, {
    actor: error.actor,
    retryable: error.retryable,
    cause: error.cause,
    data: error.data,
    next: [
      ...error.next,
      'mend the cause and run the same command again: it goes on from where things stand',
      `chaton space show ${slug} has the journal; chaton space delete ${slug} removes what was made`,
    ],
  })
}
