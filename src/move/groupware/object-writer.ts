import type { PutOutcome, RemoteCollection, StoredObject } from '../../nextcloud/groupware/contract.ts'
import { uidIn } from '../../nextcloud/groupware/uid.ts'
import { ChatonError } from '../../kit/errors.ts'
import type { Item } from '../journal.ts'
import { formerOf, withdrawnOf } from './former.ts'
import { changed, factsOf, nameIn, objectKey, refused } from './items.ts'
import type { GroupwareRun } from './run.ts'
import { saysTheSame } from './same.ts'

/** Writes objects into one collection of the destination: never over what this move did not write. */
export class ObjectWriter<Settings> {
  readonly #run: GroupwareRun<Settings>
  readonly #uri: string
  readonly #mostFailures: number
  readonly #collection: RemoteCollection
  #failures = 0

  constructor(run: GroupwareRun<Settings>, uri: string, mostFailures: number) {
    this.#run = run
    this.#uri = uri
    this.#mostFailures = mostFailures
    this.#collection = run.to.collection(uri)
  }

  /** The item as it is afterwards. */
  async write(item: Item, object: StoredObject): Promise<Item> {
    const { journal, kind, realm } = this.#run
    const ours = item.destinationMark
    const name = item.destinationKey === undefined ? object.name : nameIn(item.destinationKey)
    const writing = changed(
      item,
      { state: 'writing', sourceMark: object.etag, sourceId: uidIn(object.data) ?? '', destinationKey: objectKey(this.#uri, name) },
      { title: realm.titleOf(object.data), tidied: undefined },
    )
    journal.put(kind, writing)
    const { outcome, repeated } = await this.#put(name, object.data, ours === undefined ? 'new' : { etag: ours })
    if (outcome.outcome === 'written') return await this.#written(writing, object, outcome.etag)
    if (outcome.status === 412) return await this.#occupied(writing, object, { before: item, begun: repeated || item.state === 'writing' })
    if (outcome.status === 400 && /uid already exists/i.test(outcome.message)) return await this.#elsewhere(writing, object)
    return (await this.#fromTrash(writing, object)) ?? this.#refused(writing, outcome)
  }

  /** A server that fails on an object is asked once more. `repeated`: an earlier request may have done it, its answer lost. */
  async #put(name: string, data: string, over: Parameters<RemoteCollection['put']>[2]): Promise<{ readonly outcome: PutOutcome; readonly repeated: boolean }> {
    const { pace } = this.#run.destination
    let attempts = 0
    const put = async (): Promise<PutOutcome> =>
      await pace.run(async () => {
        attempts += 1
        return await this.#collection.put(name, data, over)
      }, 'object')
    const first = await put()
    const outcome = first.outcome === 'refused' && first.status === 500 ? await put() : first
    return { outcome, repeated: attempts > 1 }
  }

  async #written(item: Item, object: StoredObject, etag: string | undefined): Promise<Item> {
    this.#failures = 0
    if (etag !== undefined) return changed(item, { state: 'moved', destinationMark: etag })
    // No ETag in the answer: what is stored is not what was sent, byte by byte (RFC 4791, 5.3.4).
    const there = await this.#there(nameIn(item.destinationKey ?? ''))
    return there === undefined ? this.#lost(item) : changed(item, { state: 'moved', destinationMark: there.etag }, there.data === object.data ? {} : { tidied: true })
  }

  readonly #lost = (item: Item): Item => refused(item, 'the new host took it, but does not show it', 'run the move again')

  async #there(name: string): Promise<StoredObject | undefined> {
    return (await this.#run.destination.pace.run(async () => await this.#collection.read([name]))).get(name)
  }

  /** Something has that name, or what this move wrote there is no longer so. */
  async #occupied(item: Item, object: StoredObject, { before, begun }: { readonly before: Item; readonly begun: boolean }): Promise<Item> {
    const there = await this.#there(nameIn(item.destinationKey ?? ''))
    if (there === undefined) return before.destinationMark === undefined ? this.#lost(item) : this.#deletedThere(item)
    if (saysTheSame(object.data, there.data)) {
      return begun || before.destinationMark !== undefined ? changed(item, { state: 'moved', destinationMark: there.etag }) : changed(item, { state: 'there', destinationMark: undefined })
    }
    if (before.destinationMark !== undefined && !begun) {
      return refused(item, `it was changed on both sides since it was moved; the new host keeps its own`, this.#advice)
    }
    if (uidIn(there.data) !== item.sourceId && item.sourceId !== '') return await this.#beside(item, object)
    return this.#conflict(item)
  }

  readonly #deletedThere = (item: Item): Item => refused(item, 'it was changed at the old host, but deleted at the new one since it was moved', 'take it back out of the trash there and run the move again, or leave it')

  get #advice(): string {
    return `look at the ${this.#run.realm.words.object} on both sides; delete the one at the new host and run the move again to have that of the old host`
  }

  #conflict(item: Item): Item {
    return refused(item, 'the new host has it already, with another content; it was not touched', this.#advice)
  }

  /** The name is that of another object: it gets a name of its own. */
  async #beside(item: Item, object: StoredObject): Promise<Item> {
    const { journal, kind } = this.#run
    const name = besideName(object.name)
    const writing = changed(item, { destinationKey: objectKey(this.#uri, name) })
    journal.put(kind, writing)
    const { outcome } = await this.#put(name, object.data, 'new')
    if (outcome.outcome === 'written') return await this.#written(writing, object, outcome.etag)
    const there = outcome.status === 412 ? await this.#there(name) : undefined
    if (there !== undefined && saysTheSame(object.data, there.data)) return changed(writing, { state: 'moved', destinationMark: there.etag })
    if (outcome.status === 400 && /uid already exists/i.test(outcome.message)) return await this.#elsewhere(writing, object)
    return this.#refused(writing, outcome)
  }

  /** The same UID is there under another name. */
  async #elsewhere(item: Item, object: StoredObject): Promise<Item> {
    const twin = await this.#run.destination.pace.run(async () => await this.#collection.findByUid(item.sourceId))
    if (twin === undefined) return (await this.#fromTrash(item, object)) ?? refused(item, 'the new host says that it has it already, but does not show it', this.#advice)
    const former = formerOf(this.#run, item, { key: objectKey(this.#uri, twin.name), etag: twin.etag })
    if (former !== undefined) return await this.#takeOver(item, object, { former, twin })
    const placed = changed(item, { destinationKey: objectKey(this.#uri, twin.name), destinationMark: undefined })
    return saysTheSame(object.data, twin.data) ? changed(placed, { state: 'there' }) : this.#conflict(changed(item, { destinationKey: undefined }))
  }

  /** Written by this move under another name that the old host had for it: it is that of `item` from now on. */
  async #takeOver(item: Item, object: StoredObject, { former, twin }: { readonly former: Item; readonly twin: StoredObject }): Promise<Item> {
    const { journal, kind } = this.#run
    const taken = changed(item, { destinationKey: objectKey(this.#uri, twin.name), destinationMark: twin.etag }, { withdrawn: undefined })
    journal.together(() => {
      if (former.key !== item.key) journal.put(kind, changed(former, { destinationKey: undefined, destinationMark: undefined }, { withdrawn: undefined }))
      journal.put(kind, taken)
    })
    if (saysTheSame(object.data, twin.data)) return changed(taken, { state: 'moved' })
    const { outcome, repeated } = await this.#put(twin.name, object.data, { etag: twin.etag })
    if (outcome.outcome === 'written') return await this.#written(taken, object, outcome.etag)
    return outcome.status === 412 ? await this.#occupied(taken, object, { before: taken, begun: repeated }) : this.#refused(taken, outcome)
  }

  /**
   * What this move deleted at the destination lies in the trash of calendars there, and keeps its UID from being written again
   * (CalDavBackend: an index of the database). Undefined where that is not so.
   */
  async #fromTrash(item: Item, object: StoredObject): Promise<Item | undefined> {
    const former = withdrawnOf(this.#run, item)
    const etag = former === undefined ? undefined : factsOf(former).withdrawn
    const { pace } = this.#run.destination
    if (former === undefined || etag === undefined || !(await pace.run(async () => await this.#collection.restore(etag)))) return undefined
    const twin = await pace.run(async () => await this.#collection.findByUid(item.sourceId))
    return twin?.etag === etag ? await this.#takeOver(item, object, { former, twin }) : undefined
  }

  #refused(item: Item, outcome: Extract<PutOutcome, { outcome: 'refused' }>): Item {
    this.#failures = outcome.status === 500 ? this.#failures + 1 : 0
    if (this.#failures > this.#mostFailures) {
      throw new ChatonError('remote-failed', `the new host fails on everything it is given: ${outcome.message}`, { next: ['tell the new host', 'run the move again later'], data: { status: outcome.status } })
    }
    const { words } = this.#run.realm
    if (isUidTaken(outcome.message)) return refused(changed(item, { destinationKey: undefined }), 'one with the same UID lies in the trash of the new account', `take it out of the trash there, or delete it there for good, and run the move again`)
    const keep = item.destinationMark === undefined ? { destinationKey: undefined } : {}
    return refused(changed(item, keep), `the new host does not take it: ${outcome.message}`, `open the ${words.object} at the old host, save it again and run the move again; or write it anew at the new host`)
  }
}

/** What databases say of two objects with one UID in a calendar, of which the trash holds one. Pure. */
const isUidTaken = (message: string): boolean => /SQLSTATE\[23|calobjects_by_uid_index/i.test(message)

/** `a.ics` becomes `a-moved.ics`. Pure. */
export function besideName(name: string): string {
  const dot = name.lastIndexOf('.')
  return dot <= 0 ? `${name}-moved` : `${name.slice(0, dot)}-moved${name.slice(dot)}`
}
