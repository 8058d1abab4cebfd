import { asChatonError } from '../../kit/errors.ts'
import { randomWord } from '../../kit/random.ts'
import type { NewShare, Share } from '../../nextcloud/sharing/contract.ts'
import { Allowance } from '../allowance.ts'
import { mayHaveHappened, stops } from '../files/trouble.ts'
import type { Item } from '../journal.ts'
import { changed, factsOf } from './items.ts'
import type { Target } from './judge.ts'
import type { SharesRun } from './run.ts'
import { grantsMore, markOf, sameRecipient, termsOf } from './terms.ts'

/** ShareAPIController::createShare, `UserRateLimit`. */
const limit = { name: 'shares.new', most: 20, periodMs: 600_000, what: 'new shares' } as const

/** Makes shares at the destination; what it makes is found again after a kill between a request and its answer. */
export class Maker {
  readonly #run: SharesRun
  readonly #allowance: Allowance

  constructor(run: SharesRun) {
    this.#run = run
    this.#allowance = new Allowance(run.context, 'shares', limit)
  }

  /** A new share after that of the source, or the one there that says the same. Others are left as they are. */
  async make(item: Item, share: Share, target: Target & { readonly path: string }): Promise<Item> {
    const begun = item.state === 'writing'
    const twin = this.#twinOf(factsOf(item).sign, target)
    const met = (begun ? this.#run.there.get(item.destinationId ?? '') : undefined) ?? [...this.#run.there.values()].find(twin)
    if (met !== undefined && !begun) return this.#meet(item, share, met)
    const sign = target.type === 'link' ? (factsOf(item).sign ?? `chaton-${randomWord(12)}`) : undefined
    const writing = changed(item, { state: 'writing', sourceMark: markOf(share), destinationKey: target.path }, { sign })
    this.#run.put(writing)
    const made = met ?? (await this.#create({ ...termsOf(share), ...target, ...(sign === undefined ? {} : { label: sign }) }, this.#twinOf(sign, target)))
    if (made === undefined) return refuseRate(item)
    const known = changed(writing, { destinationId: made.id })
    // The sign is gone from it in a moment.
    this.#run.put(known)
    return await this.#finish(known, share, made)
  }

  #twinOf(sign: string | undefined, { type, with: recipient, path }: Target & { readonly path: string }): (other: Share) => boolean {
    if (type === 'link') return (other) => sign !== undefined && other.type === 'link' && other.label === sign
    return (other) => other.type === type && other.path === path && sameRecipient(type, other.with.id, recipient)
  }

  #meet(item: Item, share: Share, met: Share): Item {
    if (!grantsMore(met, share) && !grantsMore(share, met)) return changed(item, { state: 'there', sourceMark: markOf(share), destinationKey: met.path, destinationId: met.id })
    return changed(item, { state: 'refused', reason: `shared with ${met.with.name} at the new host already, in another way, which was left as it is`, next: 'change it there as you want it' })
  }

  /** Undefined where the server takes no more, however long it is waited for. */
  async #create(wish: NewShare, twin: (other: Share) => boolean): Promise<Share | undefined> {
    const { context, to } = this.#run
    for (;;) {
      let attempts = 0
      const answer = await context.destination.pace.run(async () => {
        attempts += 1
        // The answer to an earlier request may have been lost.
        const made = attempts === 1 ? undefined : (await to.list(wish.path)).find(twin)
        return made ?? (await to.create(wish))
      })
      if (answer !== 'rate') {
        this.#allowance.done()
        return answer
      }
      if (!(await this.#allowance.wait())) return undefined
    }
  }

  /** Sets what cannot be given at once. What would grant more than the share of the source does not stay. */
  async #finish(item: Item, share: Share, made: Share): Promise<Item> {
    const { context, to, there } = this.#run
    const { pace } = context.destination
    const isLink = made.type === 'link' || made.type === 'mail'
    const now = isLink ? await pace.run(async () => await to.change(made.id, { permissions: share.permissions, hideDownload: share.hideDownload, label: share.label })) : made
    if (grantsMore(now, { ...share, type: made.type })) {
      await pace.run(async () => await to.remove(made.id))
      return changed(item, { state: 'refused', destinationKey: undefined, destinationId: undefined, reason: 'the new host would have allowed more with it than the old one does', next: 'share it again by hand at the new host' }, { sign: undefined })
    }
    there.set(now.id, now)
    return changed(item, { state: 'moved', destinationMark: markOf(now) }, { sign: undefined, url: now.url })
  }
}

const refuseRate = (item: Item): Item =>
  changed(item, { state: 'refused', reason: 'the new host takes 20 new shares in 10 minutes, and refused one for longer than that', next: 'run the move again' })

/** For what a server refuses of one share. Throws what the others would meet too, and what may have happened all the same. */
export async function orRefused(item: Item, act: () => Promise<Item>): Promise<Item> {
  try {
    return await act()
  } catch (error) {
    const known = asChatonError(error)
    if (stops(known) || mayHaveHappened(known)) throw error
    return changed(item, { state: 'refused', destinationKey: undefined, reason: `the new host does not take it: ${known.message}`, next: 'share it again by hand at the new host' }, { sign: undefined })
  }
}
