import type { Share, Sharee, Sharing } from '../../nextcloud/sharing/contract.ts'
import { openSharing } from '../../nextcloud/sharing/index.ts'
import type { MoveContext } from '../contract.ts'
import type { Item } from '../journal.ts'
import { askedPerson, type Known, type Sides } from './judge.ts'

/** One pass over the shares, with what both sides tell. */
export class SharesRun {
  readonly context: MoveContext
  readonly pass: number
  readonly from: Sharing
  readonly to: Sharing
  readonly sides: Sides
  /** At the destination, by id. */
  readonly there = new Map<string, Share>()
  readonly #people = new Map<string, Sharee | undefined>()
  #groups: string[] | undefined

  constructor(context: MoveContext, pass: number) {
    const { source, destination } = context
    this.context = context
    this.pass = pass
    this.from = openSharing(source.remote)
    this.to = openSharing(destination.remote)
    this.sides = {
      source: { base: source.remote.base, abilities: this.from.abilities },
      destination: { base: destination.remote.base, uid: destination.remote.uid, abilities: this.to.abilities },
    }
  }

  async atSource(): Promise<Share[]> {
    return this.from.abilities.on ? await this.context.source.pace.run(async () => await this.from.list()) : []
  }

  async lookAtDestination(): Promise<void> {
    if (!this.to.abilities.on) return
    for (const share of await this.context.destination.pace.run(async () => await this.to.list())) this.there.set(share.id, share)
  }

  /** What the destination knows of those that a share is with; asked once. */
  async known(share: Share): Promise<Known> {
    const { pace } = this.context.destination
    const mapped = share.type === 'user' ? this.context.people?.get(share.with.id) : undefined
    if (mapped !== undefined) return { person: undefined, groups: [], mapped }
    if (share.type === 'group') this.#groups ??= await pace.run(async () => await this.to.groups())
    const id = askedPerson(share, this.sides)
    if (id !== undefined && !this.#people.has(id)) this.#people.set(id, await pace.run(async () => await this.to.person(id)))
    return { person: id === undefined ? undefined : this.#people.get(id), groups: this.#groups ?? [] }
  }

  put(item: Item): void {
    this.context.journal.put('shares', item)
    const { counts } = this.context.journal.tally('shares')
    const done = counts.moved + counts.there + counts.refused
    this.context.progress({ kind: 'shares', done, total: done + counts.found + counts.writing })
  }

  get today(): string {
    return this.context.clock.now().toISOString().slice(0, 10)
  }

  /** Where the file that a share is of has arrived; undefined where it has not. */
  placeOf(path: string): string | undefined {
    const file = this.context.journal.get('files', path)
    return file !== undefined && (file.state === 'moved' || file.state === 'there') ? file.destinationKey : undefined
  }
}
