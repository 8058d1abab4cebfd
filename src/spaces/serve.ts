import { asChatonError } from '../kit/errors.ts'
import type { Lock } from '../kit/lock.ts'
import type { Space } from '../model/space.ts'
import type { Stored } from '../store/contract.ts'
import { expiredBackups, pruneBackups } from './backup/backup.ts'
import { decideCap, ensureCap } from './cap.ts'
import { targetOfStored, type SpacesContext } from './context.ts'
import { mailNotifier } from './notify.ts'
import { applyPlanToSpace, outdatedSpaces } from './plans.ts'
import { rebalance } from './rebalance.ts'
import { ensureWarned } from './warnings.ts'
import { watchPools } from './watch-pools.ts'

const jobsEveryMs = 300_000
const keepEveryMs = 30_000
const pruneEveryMs = 86_400_000
const restEveryMs = 300_000

/** Of one round over all spaces. */
export interface RoundReport {
  readonly spaces: number
  readonly restarted: readonly string[]
  readonly updated: readonly string[]
  readonly disabledAccounts: readonly { readonly slug: string; readonly userIds: readonly string[] }[]
  readonly quotasWritten: number
  readonly backupsRemoved: readonly string[]
  readonly failures: readonly { readonly slug: string; readonly message: string }[]
}

/** Keeps all spaces until the signal aborts: pools and caps within seconds, processes, plans, background jobs, old backups. */
export async function serve(context: SpacesContext, signal: AbortSignal): Promise<void> {
  const every = async (milliseconds: number, work: () => Promise<unknown>): Promise<void> => {
    while (!signal.aborted) {
      await work().catch((error: unknown) => context.logger.warn({ error: asChatonError(error).message }, 'a round failed; trying again'))
      await context.clock.sleep(milliseconds, signal).catch(() => undefined)
    }
  }
  await Promise.all([
    watchPools(context, { signal, notify: mailNotifier(context) }),
    every(keepEveryMs, async () => await keepRound(context)),
    every(jobsEveryMs, async () => await eachSpace(context, async (space) => await context.engine.runJobs(await targetOfStored(context, space)))),
    every(restEveryMs, async () => await eachSpace(context, async (space) => await context.engine.rest(await targetOfStored(context, space)))),
    every(pruneEveryMs, async () => await pruneBackups(context)),
  ])
}

/** One round of everything that {@link serve} keeps doing, or with `dryRun` what it would do. A space that fails holds up no other. */
export async function serveOnce(context: SpacesContext, { dryRun = false }: { readonly dryRun?: boolean } = {}): Promise<RoundReport> {
  if (dryRun) return await lookOnce(context)
  const kept = await keepRound(context)
  const notify = mailNotifier(context)
  const disabledAccounts: { slug: string; userIds: readonly string[] }[] = []
  let quotasWritten = 0
  const failures = await eachSpace(context, async (space) => {
    const target = await targetOfStored(context, space)
    const cap = await ensureCap(context, space, { target, accounts: await context.engine.accounts(target), notify })
    if (cap.disabled.length > 0) disabledAccounts.push({ slug: target.slug, userIds: cap.disabled })
    const { written, usage } = await rebalance(context, space, { target, accounts: cap.accounts })
    quotasWritten += written
    await ensureWarned(context, space, { target, usage, accounts: cap.accounts, notify })
    await context.engine.runJobs(target)
  })
  const backupsRemoved = await pruneBackups(context)
  return { ...kept, disabledAccounts, quotasWritten, backupsRemoved, failures: [...kept.failures, ...failures] }
}

/** What a round would do now. Changes nothing, tells nobody, runs no background job. */
async function lookOnce(context: SpacesContext): Promise<RoundReport> {
  const restarted: string[] = []
  const disabledAccounts: { slug: string; userIds: readonly string[] }[] = []
  let quotasWritten = 0
  const failures = await eachSpace(context, async (space) => {
    const target = await targetOfStored(context, space)
    if ((await context.engine.state(target)) === 'stopped') restarted.push(target.slug)
    const accounts = await context.engine.accounts(target)
    const { disable } = decideCap({ accounts, cap: target.accountCap, administrator: target.administrator })
    if (disable.length > 0) disabledAccounts.push({ slug: target.slug, userIds: disable })
    const left = accounts.map((account) => ({ ...account, enabled: account.enabled && !disable.includes(account.userId) }))
    quotasWritten += (await rebalance(context, space, { target, accounts: left, dryRun: true })).written
  })
  const [spaces, updated, backupsRemoved] = await Promise.all([context.store.list('Space'), outdatedSpaces(context), expiredBackups(context)])
  return { spaces: spaces.length, restarted, updated, disabledAccounts, quotasWritten, backupsRemoved, failures }
}

/** Spaces whose processes died run again, plans that changed reach their spaces. */
async function keepRound(context: SpacesContext): Promise<Pick<RoundReport, 'spaces' | 'restarted' | 'updated' | 'failures'>> {
  const restarted: string[] = []
  const failures = await eachSpace(context, async (space) => {
    if (await startAgain(context, space)) restarted.push(space.metadata.name)
  })
  const updated: string[] = []
  for (const slug of await outdatedSpaces(context)) {
    try {
      await applyPlanToSpace(context, slug)
      updated.push(slug)
    } catch (error) {
      failures.push({ slug, message: asChatonError(error).message })
    }
  }
  return { spaces: (await context.store.list('Space')).length, restarted, updated, failures }
}

/** A space that another run works on (a backup closes it for a while) is that run's to open. */
async function startAgain(context: SpacesContext, space: Stored<Space>): Promise<boolean> {
  const target = await targetOfStored(context, space)
  const isStopped = async (): Promise<boolean> => (await context.engine.state(target)) === 'stopped'
  if (!(await isStopped())) return false
  await using lock = await lockIfFree(context, target.slug)
  if (lock === undefined || !(await isStopped())) return false
  await context.engine.ensureSite(target)
  return true
}

async function lockIfFree(context: SpacesContext, slug: string): Promise<Lock | undefined> {
  try {
    return await context.lock(slug)
  } catch (error) {
    if (asChatonError(error).code === 'conflict') return undefined
    throw error
  }
}

async function eachSpace(context: SpacesContext, work: (space: Stored<Space>) => Promise<unknown>): Promise<{ slug: string; message: string }[]> {
  const failures: { slug: string; message: string }[] = []
  const serving = (await context.store.list('Space')).filter(({ status }) => status?.phase === 'Ready' || status?.phase === 'Degraded')
  for (const space of serving) {
    try {
      await work(space)
    } catch (error) {
      const { message } = asChatonError(error)
      context.logger.warn({ space: space.metadata.name, error: message }, 'a space could not be looked after; trying again')
      failures.push({ slug: space.metadata.name, message })
    }
  }
  return failures
}
