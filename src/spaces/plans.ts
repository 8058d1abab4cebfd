import { isDeepStrictEqual } from 'node:util'
import type { Finding } from '../engine/contract.ts'
import { withCondition } from '../model/metadata.ts'
import type { Plan } from '../model/plan.ts'
import { bytesOf } from '../model/size.ts'
import type { Space } from '../model/space.ts'
import { updateWithRetry, type Store, type Stored } from '../store/contract.ts'
import { requirePlan, requireSpace, targetOfStored, type SpacesContext } from './context.ts'
import { judgePlanChange } from './plan-change.ts'
import { refuseOnErrors } from './preflight.ts'
import type { Progress } from './progress.ts'
import { rebalance } from './rebalance.ts'
import { withFreshUsage } from './usage.ts'

/** Puts the plans a new hoster starts from into a store that has none. */
export async function ensureDefaultPlans(store: Store, defaults: () => Promise<readonly Plan[]>): Promise<void> {
  if ((await store.list('Plan')).length > 0) return
  for (const plan of await defaults()) await store.create('Plan', plan).catch(() => undefined)
}

export interface PlanChange {
  readonly plan: string
  readonly action: 'create' | 'keep' | 'change'
  /** Spec fields that differ: name, before, after. */
  readonly differences: readonly { readonly field: string; readonly before: unknown; readonly after: unknown }[]
  /** Live spaces that get the change. */
  readonly spaces: readonly string[]
}

/** What applying a plan would do. Pure. */
export function planChange(next: Plan, stored: Plan | undefined, spaces: readonly Space[]): PlanChange {
  const name = next.metadata.name
  if (stored === undefined) return { plan: name, action: 'create', differences: [], spaces: [] }
  const fields = Object.keys({ ...stored.spec, ...next.spec }) as (keyof Plan['spec'])[]
  const differences = fields
    .filter((field) => !isDeepStrictEqual(stored.spec[field], next.spec[field]))
    .map((field) => ({ field, before: stored.spec[field], after: next.spec[field] }))
  const users = spaces.filter((space) => space.spec.plan === name && space.status?.phase !== 'Deleting').map((space) => space.metadata.name)
  return { plan: name, action: differences.length === 0 ? 'keep' : 'change', differences, spaces: users }
}

export interface ApplyPlanResult {
  readonly dryRun: boolean
  readonly changes: readonly PlanChange[]
  /** What became of each live space; a failed one is tried again by `chaton serve` or the same command. */
  readonly spaces: readonly { readonly slug: string; readonly ok: boolean; readonly message: string | undefined }[]
}

/** Stores plans and brings the live spaces that have them up to date. Refused as a whole if any space uses more than its new plan gives. */
export async function applyPlans(
  context: SpacesContext,
  plans: readonly Plan[],
  { dryRun, progress }: { readonly dryRun: boolean; readonly progress: Progress },
): Promise<ApplyPlanResult> {
  const spaces = await context.store.list('Space')
  const storedPlans = await context.store.list('Plan')
  const changes = plans.map((plan) => planChange(plan, storedPlans.find((entry) => entry.metadata.name === plan.metadata.name), spaces))
  refuseOnErrors(await judgeSmallerPlans(context, plans, { spaces, storedPlans }))
  if (dryRun) return { dryRun, changes, spaces: [] }
  for (const plan of plans) await storePlan(context.store, plan)
  const results: { slug: string; ok: boolean; message: string | undefined }[] = []
  for (const slug of await outdatedSpaces(context, plans.map((plan) => plan.metadata.name))) {
    results.push(await bringUpToDate(context, slug, progress))
  }
  return { dryRun, changes, spaces: results }
}

/** What the spaces of plans that shrink say to it. They are measured now: recorded figures may be of yesterday. */
async function judgeSmallerPlans(
  context: SpacesContext,
  plans: readonly Plan[],
  { spaces, storedPlans }: { readonly spaces: readonly Stored<Space>[]; readonly storedPlans: readonly Plan[] },
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const plan of plans) {
    const before = storedPlans.find((entry) => entry.metadata.name === plan.metadata.name)
    if (before === undefined || !takesAway(before, plan)) continue
    for (const space of spaces.filter(({ spec }) => spec.plan === plan.metadata.name)) findings.push(...judgePlanChange(await withFreshUsage(context, space), plan))
  }
  return findings
}

/** Pure. */
function takesAway({ spec: before }: Plan, { spec: after }: Plan): boolean {
  const fewer = after.accounts < before.accounts || before.office.some((suite) => !after.office.includes(suite))
  return fewer || bytesOf(after.storage) < bytesOf(before.storage)
}

async function storePlan(store: Store, plan: Plan): Promise<void> {
  const stored = await store.get('Plan', plan.metadata.name)
  if (!stored) await store.create('Plan', plan)
  else if (!isDeepStrictEqual(stored.spec, plan.spec)) {
    await updateWithRetry(store, 'Plan', plan.metadata.name, (current) => ({ ...current, spec: plan.spec }))
  }
}

/** Live spaces whose plan, or choice of plan, has changed since it was last applied to them. */
export async function outdatedSpaces(context: SpacesContext, plans?: readonly string[]): Promise<readonly string[]> {
  const stored = new Map((await context.store.list('Plan')).map((plan) => [plan.metadata.name, plan]))
  return (await context.store.list('Space'))
    .filter((space) => plans === undefined || plans.includes(space.spec.plan))
    .filter((space) => isOutdated(space, stored.get(space.spec.plan)))
    .map((space) => space.metadata.name)
}

/** Pure. A space that was never ready, or is being deleted, is not outdated: provisioning or deleting it is another matter. */
export function isOutdated(space: Stored<Space>, plan: Stored<Plan> | undefined): boolean {
  const { status } = space
  if (plan === undefined || status?.url === undefined || status.phase === 'Deleting') return false
  return status.planGeneration !== plan.metadata.generation || status.observedGeneration !== space.metadata.generation
}

async function bringUpToDate(context: SpacesContext, slug: string, progress: Progress): Promise<{ slug: string; ok: boolean; message: string | undefined }> {
  progress({ step: slug, title: `Plan of ${slug}`, state: 'started' })
  try {
    await applyPlanToSpace(context, slug)
    progress({ step: slug, title: `Plan of ${slug}`, state: 'done' })
    return { slug, ok: true, message: undefined }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    progress({ step: slug, title: `Plan of ${slug}`, state: 'failed', note: message })
    return { slug, ok: false, message }
  }
}

/** Limits, apps and quotas of a live space as its plan now says. Repeatable. */
export async function applyPlanToSpace(context: SpacesContext, slug: string): Promise<void> {
  await using _lock = await context.lock(slug)
  const space = await requireSpace(context.store, slug)
  const plan = await requirePlan(context.store, space.spec.plan)
  const target = await targetOfStored(context, space)
  refuseOnErrors(judgePlanChange(space, plan))
  await context.engine.ensureApps(target)
  await context.engine.ensureOffice(target)
  await context.engine.ensureLimits(target)
  await rebalance(context, space)
  const message = `Plan "${plan.metadata.name}", generation ${plan.metadata.generation}.`
  await updateWithRetry(context.store, 'Space', slug, (current) => ({
    ...current,
    status: {
      phase: 'Ready',
      ...current.status,
      planGeneration: plan.metadata.generation,
      observedGeneration: current.metadata.generation,
      conditions: withCondition(current.status?.conditions ?? [], { type: 'PlanApplied', status: 'True', reason: 'Applied', message }, context.clock.now()),
    },
  }))
}

export interface ChangePlanResult {
  readonly slug: string
  readonly before: string
  readonly after: string
  readonly dryRun: boolean
  readonly findings: readonly Finding[]
}

/** Gives a live space another plan, in place. */
export async function changeSpacePlan(
  context: SpacesContext,
  slug: string,
  { plan: name, dryRun }: { readonly plan: string; readonly dryRun: boolean },
): Promise<ChangePlanResult> {
  const space = await requireSpace(context.store, slug)
  const plan = await requirePlan(context.store, name)
  const before = space.spec.plan
  const measured = await withFreshUsage(context, space)
  const findings = judgePlanChange(measured, plan)
  refuseOnErrors(findings)
  if (dryRun) return { slug, before, after: name, dryRun, findings }
  await updateWithRetry(context.store, 'Space', slug, (current) => ({ ...current, spec: { ...current.spec, plan: name } }))
  await applyPlanToSpace(context, slug)
  return { slug, before, after: name, dryRun, findings }
}
