import { asChatonError } from '../../kit/errors.ts'
import { openProfile } from '../../nextcloud/profile/index.ts'
import type { SetOutcome } from '../../nextcloud/profile/contract.ts'
import { Allowance, type Limit } from '../allowance.ts'
import type { MoveContext } from '../contract.ts'
import { stops } from '../files/trouble.ts'
import type { Profile, ValueName } from './values.ts'

interface Refused {
  readonly reason: string
  readonly next: string
}

/** UsersController.php: UserRateLimit of editUser. */
const limit: Limit = { name: 'profile.fields', most: 50, periodMs: 600_000, what: 'changes of a profile' }

const ownPages: Refused = { reason: 'the new host lets people change this only on its own pages, with their password', next: 'fill it in there, under Settings, Personal info' }

/** Changes the profile at the destination, no more often than it takes. */
export class ProfileSetter {
  readonly #context: MoveContext
  readonly #here: Profile
  readonly #allowance: Allowance
  #ownPages = false

  constructor(context: MoveContext, here: Profile) {
    this.#context = context
    this.#here = here
    this.#allowance = new Allowance(context, 'profile', limit)
  }

  /** Undefined: it is set. */
  async set(name: ValueName, value: string): Promise<Refused | undefined> {
    const profile = openProfile(this.#context.destination.remote)
    const { picture, status } = this.#here
    if (name === 'picture') return await this.#part(async () => (picture === undefined ? nothing : await profile.setPicture(picture)))
    if (name === 'status') return await this.#part(async () => (status === undefined ? nothing : await profile.setStatus(status)))
    return await this.field(name, value)
  }

  /** A field, or who sees it. */
  async field(key: string, value: string): Promise<Refused | undefined> {
    if (this.#ownPages) return ownPages
    const profile = openProfile(this.#context.destination.remote)
    const refused = await this.#ask(async () => await profile.set(key, value))
    if (refused === undefined) this.#allowance.done()
    if (refused === ownPages) this.#ownPages = true
    return refused
  }

  /** Of an app of its own: where that fails, nothing else does. */
  async #part(change: () => Promise<SetOutcome>): Promise<Refused | undefined> {
    try {
      return await this.#ask(change)
    } catch (thrown) {
      const error = asChatonError(thrown)
      if (stops(error)) throw thrown
      return { reason: `the new host does not take it: ${error.message}`, next: ownPages.next }
    }
  }

  async #ask(change: () => Promise<SetOutcome>): Promise<Refused | undefined> {
    for (;;) {
      const answer = await this.#context.destination.pace.run(change)
      if (answer.outcome === 'set') return undefined
      if (answer.outcome === 'confirm') return ownPages
      if (answer.outcome === 'refused') return { reason: `the new host does not take it: ${answer.message}`, next: ownPages.next }
      if (!(await this.#allowance.wait())) return { reason: 'the new host takes no more changes of a profile now', next: 'run the move again in an hour' }
    }
  }
}

const nothing: SetOutcome = { outcome: 'set' }
