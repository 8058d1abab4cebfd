import type { Account, SpaceTarget } from '../engine/contract.ts'
import { asChatonError } from '../kit/errors.ts'
import type { Plan } from '../model/plan.ts'
import type { Space, UsageStatus } from '../model/space.ts'
import type { Stored } from '../store/contract.ts'
import { ensureCap, tellOverCap } from './cap.ts'
import type { SpacesContext } from './context.ts'
import { targetOf } from './desired.ts'
import type { Notify } from './notify.ts'
import { rebalance, type Rebalanced } from './rebalance.ts'
import type { Activity } from './usage.ts'
import { ensureWarned } from './warnings.ts'

export interface WatchOptions {
  readonly signal: AbortSignal
  readonly notify: Notify
  /** How often the engine is asked which spaces were written to. Default 1 s. */
  readonly pollMs?: number
  /** How many spaces are worked on at once. Default 2. */
  readonly parallel?: number
  /** Every space is looked at this often even if nothing seems to have changed. Default 10 minutes. */
  readonly recheckMs?: number
  /** Told of every look, for logs and tests. */
  readonly onLook?: (slug: string, result: Rebalanced & { readonly disabled: readonly string[] }) => void
}

/** Quotas follow a change within a poll; a second look some seconds later sees what the first one could not yet. */
const settleMs = 2500
const longestBackoffMs = 60_000

interface Watched {
  readonly space: Stored<Space>
  readonly target: SpaceTarget
  readonly overCommitment: number
}

interface Memory {
  activity: Activity | undefined
  /** When the space is looked at next, in milliseconds. */
  dueAt: number
  looking: boolean
  failures: number
  telling: boolean
  /** Not told of anything before, in milliseconds: the mail server failed. */
  tellAt: number
}

/**
 * Keeps the pools and account caps of all running spaces until the signal aborts: polls which spaces were written to,
 * and looks at those alone, the longest waiting first. A space that fails, or a mail server that does not answer, is
 * tried again later and holds up no other space.
 */
export async function watchPools(context: SpacesContext, options: WatchOptions): Promise<void> {
  const watcher = new PoolWatcher(context, options)
  while (!options.signal.aborted) {
    try {
      await watcher.poll()
    } catch (error) {
      context.logger.warn({ error: asChatonError(error).message }, 'the pools could not be looked at; trying again')
    }
    await context.clock.sleep(options.pollMs ?? 1000, options.signal).catch(() => undefined)
  }
  await watcher.finish()
}

class PoolWatcher {
  private readonly context: SpacesContext
  private readonly options: WatchOptions
  private readonly memories = new Map<string, Memory>()
  private readonly looks = new Set<Promise<void>>()
  private readonly mails = new Set<Promise<void>>()
  private token: string | undefined

  constructor(context: SpacesContext, options: WatchOptions) {
    this.context = context
    this.options = options
  }

  async poll(): Promise<void> {
    const watched = await runningSpaces(this.context)
    const { changed, token } = await this.context.engine.changedSince([...watched.values()].map(({ target }) => target), this.token)
    this.token = token
    this.remember(watched, changed)
    const room = Math.max(0, (this.options.parallel ?? 2) - this.looks.size)
    for (const [entry, memory] of this.due(watched).slice(0, room)) {
      memory.looking = true
      memory.dueAt = this.now() + (this.options.recheckMs ?? 600_000)
      track(this.looks, this.look(entry, memory))
    }
  }

  async finish(): Promise<void> {
    await Promise.all([...this.looks, ...this.mails])
  }

  private now(): number {
    return this.context.clock.now().getTime()
  }

  private remember(watched: ReadonlyMap<string, Watched>, changed: readonly string[]): void {
    for (const uid of this.memories.keys()) if (!watched.has(uid)) this.memories.delete(uid)
    for (const uid of watched.keys()) {
      if (this.memories.has(uid)) continue
      this.memories.set(uid, { activity: undefined, dueAt: this.now(), looking: false, failures: 0, telling: false, tellAt: 0 })
    }
    for (const uid of changed) {
      const memory = this.memories.get(uid)
      if (memory?.failures === 0) memory.dueAt = Math.min(memory.dueAt, this.now())
    }
  }

  /** What is to be looked at, the longest waiting first. */
  private due(watched: ReadonlyMap<string, Watched>): (readonly [Watched, Memory])[] {
    const waiting = [...this.memories].filter(([, memory]) => !memory.looking && memory.dueAt <= this.now())
    return waiting
      .toSorted(([, a], [, b]) => a.dueAt - b.dueAt)
      .flatMap(([uid, memory]) => {
        const entry = watched.get(uid)
        return entry ? [[entry, memory] as const] : []
      })
  }

  /** Cap and quotas of one space. Never throws. */
  private async look(watched: Watched, memory: Memory): Promise<void> {
    const { space, target, overCommitment } = watched
    try {
      const { disabled, accounts } = await ensureCap(this.context, space, { target, accounts: await this.context.engine.accounts(target) })
      const result = await rebalance(this.context, space, { before: memory.activity, target, accounts, overCommitment })
      memory.activity = result.activity
      memory.failures = 0
      if (result.written > 0 || result.activity.churnBytes > 0) memory.dueAt = Math.min(memory.dueAt, this.now() + settleMs)
      this.startTelling(watched, memory, { accounts, usage: result.usage })
      this.options.onLook?.(target.slug, { ...result, disabled })
    } catch (error) {
      memory.failures += 1
      memory.dueAt = this.now() + Math.min(longestBackoffMs, 1000 * 2 ** memory.failures)
      this.context.logger.warn({ space: target.slug, error: asChatonError(error).message }, 'the pool of a space could not be kept; trying again')
    } finally {
      memory.looking = false
    }
  }

  private startTelling(watched: Watched, memory: Memory, facts: { accounts: readonly Account[]; usage: UsageStatus }): void {
    if (memory.tellAt > this.now()) memory.dueAt = Math.min(memory.dueAt, memory.tellAt)
    if (memory.telling || memory.tellAt > this.now()) return
    memory.telling = true
    track(this.mails, this.tell(watched, memory, facts))
  }

  /** The mails that are due for one space. Never throws. */
  private async tell({ space, target }: Watched, memory: Memory, facts: { accounts: readonly Account[]; usage: UsageStatus }): Promise<void> {
    const { notify } = this.options
    try {
      await tellOverCap(this.context, space, { target, accounts: facts.accounts, notify })
      await ensureWarned(this.context, space, { target, ...facts, notify })
    } catch (error) {
      memory.tellAt = this.now() + longestBackoffMs
      memory.dueAt = Math.min(memory.dueAt, memory.tellAt)
      this.context.logger.warn({ space: target.slug, error: asChatonError(error).message }, 'the administrators could not be told; trying again')
    } finally {
      memory.telling = false
    }
  }
}

function track(tasks: Set<Promise<void>>, task: Promise<void>): void {
  const tracked = task.finally(() => tasks.delete(tracked))
  tasks.add(tracked)
}

/** Spaces that serve people, by uid, with what their plan says now. */
async function runningSpaces(context: SpacesContext): Promise<Map<string, Watched>> {
  const [spaces, plans, releases] = await Promise.all([context.store.list('Space'), context.store.list('Plan'), context.engine.releases()])
  const byName = new Map<string, Stored<Plan>>(plans.map((plan) => [plan.metadata.name, plan]))
  const watched = new Map<string, Watched>()
  for (const space of spaces) {
    const plan = byName.get(space.spec.plan)
    const serving = space.status?.phase === 'Ready' || space.status?.phase === 'Degraded'
    if (!serving || space.spec.suspended || plan === undefined) continue
    const target = targetOrWarn(context, { space, plan, releases })
    if (target) watched.set(space.metadata.uid, { space, target, overCommitment: plan.spec.pool.overCommitment })
  }
  return watched
}

function targetOrWarn(
  { config, logger }: SpacesContext,
  input: { readonly space: Stored<Space>; readonly plan: Plan; readonly releases: readonly string[] },
): SpaceTarget | undefined {
  try {
    return targetOf({ ...input, config })
  } catch (error) {
    logger.warn({ space: input.space.metadata.name, error: asChatonError(error).message }, 'the space cannot be watched')
    return undefined
  }
}
