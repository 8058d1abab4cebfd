import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { hasSystemCode } from '../kit/errors.ts'
import { writeFileAtomic } from '../kit/files.ts'
import { Seat } from './plan.ts'

/** How far one account is. `moving`: a run is at work on it, or was killed. `carried`: all but the shares is there; they come when all accounts are. `done`: its move has ended. `failed`: see `problem`; it goes on with the next run. */
export const AccountState = z.object({
  state: z.enum(['waiting', 'moving', 'carried', 'done', 'failed']),
  /** Everything of it arrived and was compared. */
  whole: z.boolean().exactOptional(),
  moved: z.int().exactOptional(),
  refused: z.int().exactOptional(),
  problem: z.string().exactOptional(),
  next: z.array(z.string()).exactOptional(),
  report: z.object({ json: z.string(), fr: z.string(), en: z.string() }).exactOptional(),
  /** A run that was killed may have left an app password. */
  killed: z.boolean().exactOptional(),
  invited: z.boolean().exactOptional(),
})
export type AccountState = z.infer<typeof AccountState>

const Schema = z.object({
  format: z.literal('chaton-evacuation/1'),
  seats: z.array(Seat),
  accounts: z.record(z.string(), AccountState),
  groups: z.array(z.string()),
})
type Schema = z.infer<typeof Schema>

/** What an evacuation has decided and done, on disk: a run that was killed at any instant goes on from here. */
export class EvacuationState {
  readonly #path: string
  #now: Schema = { format: 'chaton-evacuation/1', seats: [], accounts: {}, groups: [] }
  #writing: Promise<void> = Promise.resolve()

  constructor(directory: string) {
    this.#path = join(directory, 'evacuation.json')
  }

  static async open(directory: string): Promise<EvacuationState> {
    const state = new EvacuationState(directory)
    try {
      state.#now = Schema.parse(JSON.parse(await readFile(state.#path, 'utf8')))
    } catch (error) {
      if (!hasSystemCode(error, 'ENOENT')) throw error
    }
    return state
  }

  get seats(): readonly Seat[] {
    return this.#now.seats
  }

  get groups(): readonly string[] {
    return this.#now.groups
  }

  account(userId: string): AccountState {
    return this.#now.accounts[userId] ?? { state: 'waiting' }
  }

  async decide(seats: readonly Seat[], groups: readonly string[]): Promise<void> {
    await this.#save({ ...this.#now, seats: [...seats], groups: [...groups] })
  }

  async setAccount(userId: string, account: AccountState): Promise<void> {
    await this.#save({ ...this.#now, accounts: { ...this.#now.accounts, [userId]: account } })
  }

  /** One write after the other. */
  async #save(next: Schema): Promise<void> {
    this.#now = next
    const before = this.#writing
    const mine = this.#write(before)
    this.#writing = mine.catch(() => undefined)
    await mine
  }

  async #write(before: Promise<void>): Promise<void> {
    await before
    await writeFileAtomic(this.#path, `${JSON.stringify(this.#now, undefined, 2)}\n`, { mode: 0o600 })
  }
}
