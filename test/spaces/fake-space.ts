import type { Account, AccountUsage, Engine, SpaceTarget, SpaceUsage } from '../../src/engine/contract.ts'
import type { Clock } from '../../src/kit/clock.ts'
import { silentLogger } from '../../src/kit/log.ts'
import { defaultsFor } from '../../src/config/defaults.ts'
import type { Notice, Notify, Recipient } from '../../src/spaces/notify.ts'
import type { SpacesContext } from '../../src/spaces/context.ts'
import type { Space } from '../../src/model/space.ts'
import type { Store, Stored } from '../../src/store/contract.ts'
import { memoryStore } from '../../src/store/memory/index.ts'
import { aPlan, aSpace } from '../support/builders.ts'

export interface FakeAccount extends Account, AccountUsage {}

/** A clock that only moves when told, or when somebody sleeps. */
export class FakeClock implements Clock {
  #now = Date.parse('2026-03-01T12:00:00Z')
  now(): Date {
    return new Date(this.#now)
  }
  pass(milliseconds: number): void {
    this.#now += milliseconds
  }
  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.pass(milliseconds)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** An engine of accounts and bytes, without anything behind them. It counts what it is asked to do. */
export class FakeEngine {
  readonly accounts = new Map<string, FakeAccount>()
  /** What Nextcloud does not count: of the whole space. */
  appDataBytes = 0
  version = 0
  readonly calls = { accounts: 0, usage: 0, setQuotas: 0, written: 0, disabled: [] as string[] }
  failing: string | undefined

  add(userId: string, parts: Partial<FakeAccount> = {}): FakeAccount {
    const account: FakeAccount = {
      userId,
      displayName: userId.toUpperCase(),
      email: undefined,
      enabled: true,
      administrator: false,
      createdAt: this.accounts.size,
      quotaBytes: undefined,
      filesBytes: 0,
      versionsBytes: 0,
      trashBytes: 0,
      otherBytes: 0,
      ...parts,
    }
    this.accounts.set(userId, account)
    this.version += 1
    return account
  }

  change(userId: string, parts: Partial<FakeAccount>): void {
    const account = this.accounts.get(userId)
    if (!account) throw new Error(`no account ${userId}`)
    this.accounts.set(userId, { ...account, ...parts })
    this.version += 1
  }

  /** A PUT as Nextcloud judges it: against the account's quota alone. */
  put(userId: string, bytes: number): 201 | 507 {
    const account = this.accounts.get(userId)
    if (!account?.enabled || account.filesBytes + bytes > (account.quotaBytes ?? Infinity)) return 507
    this.change(userId, { filesBytes: account.filesBytes + bytes })
    return 201
  }

  totalBytes(): number {
    return [...this.accounts.values()].reduce((sum, one) => sum + one.filesBytes + one.versionsBytes + one.trashBytes + one.otherBytes, this.appDataBytes)
  }

  /** The part of the contract that pools and caps use. */
  asEngine(): Engine {
    const guard = (): void => {
      if (this.failing !== undefined) throw new Error(this.failing)
    }
    const part: Partial<Engine> = {
      name: 'sandbox',
      sandbox: true,
      releases: async () => ['32.0.1'],
      address: (target: SpaceTarget) => ({ url: `http://127.0.0.1/${target.slug}` }),
      accounts: async () => {
        this.calls.accounts += 1
        guard()
        return [...this.accounts.values()]
      },
      usage: async (): Promise<SpaceUsage> => {
        guard()
        this.calls.usage += 1
        return { accounts: [...this.accounts.values()], appDataBytes: this.appDataBytes, totalBytes: this.totalBytes(), exact: false }
      },
      setQuotas: async (_target, quotas) => {
        this.calls.setQuotas += 1
        for (const [userId, quotaBytes] of quotas) this.accounts.set(userId, { ...this.accounts.get(userId)!, quotaBytes })
        this.calls.written += quotas.size
        return quotas.size
      },
      setAccountEnabled: async (_target, userId, enabled) => {
        guard()
        this.calls.disabled.push(userId)
        this.change(userId, { enabled })
      },
      changedSince: async (targets, since) => ({
        changed: since === String(this.version) ? [] : targets.map(({ uid }) => uid),
        token: String(this.version),
      }),
    }
    return part as Engine
  }
}

export interface Told {
  readonly notice: Notice
  readonly to: readonly Recipient[]
}

export interface FakeSpace {
  readonly context: SpacesContext
  readonly clock: FakeClock
  readonly engine: FakeEngine
  readonly store: Store
  readonly told: Told[]
  readonly notify: Notify
  space(): Promise<Stored<Space>>
}

/** A ready space on a fake engine, with a pool of this size and a cap of accounts. */
export async function fakeSpace(storage = '100 MB', accounts = 50): Promise<FakeSpace> {
  const clock = new FakeClock()
  const { store, journal } = memoryStore(clock)
  const engine = new FakeEngine()
  const told: Told[] = []
  await store.create('Plan', aPlan('collective', { storage, accounts }))
  await store.create('Space', aSpace({ status: { phase: 'Ready', conditions: [] } }))
  engine.add('admin', { administrator: true, email: 'camille@jardin.example' })
  const missing = (name: string): never => {
    throw new Error(`${name} is not part of this test`)
  }
  const context: SpacesContext = {
    config: defaultsFor('/nonexistent'),
    store,
    engine: engine.asEngine(),
    clock,
    logger: silentLogger,
    journal,
    secrets: undefined as never,
    mailer: undefined as never,
    lock: () => missing('lock'),
  }
  const notify: Notify = async (_target, notice, to) => {
    told.push({ notice, to })
  }
  const space = async (): Promise<Stored<Space>> => {
    const stored = await store.get('Space', 'jardin-partage')
    return stored ?? missing('space')
  }
  return { context, clock, engine, store, told, notify, space }
}
