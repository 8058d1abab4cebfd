import { asChatonError } from '../../kit/errors.ts'
import type { CreateOutcome } from '../../nextcloud/groupware/contract.ts'
import { Allowance } from '../allowance.ts'
import { statusOf } from '../files/trouble.ts'
import type { Item } from '../journal.ts'
import { changed, factsOf, refused, shelfKey, shelvesIn, uriIn } from './items.ts'
import type { Listing, Shelf } from './realm.ts'
import type { GroupwareRun } from './run.ts'
import { isFresh, targetFor } from './targets.ts'

const fails = (answer: CreateOutcome): boolean => answer.outcome === 'refused' && answer.status === 500
const tooLong = 'give it a name and a description of at most 255 characters at the old host, and run the move again; if it stays, ask the new host'

/** The calendars of a pass, and where they go. */
export class Shelves<Settings> {
  readonly #run: GroupwareRun<Settings>
  readonly #allowance: Allowance
  readonly #source: ReadonlyMap<string, Shelf<Settings>>
  #there: Listing<Settings>

  private constructor(run: GroupwareRun<Settings>, source: Listing<Settings>, there: Listing<Settings>) {
    this.#run = run
    this.#allowance = new Allowance(run.context, run.kind, run.realm.limit)
    this.#source = new Map(source.shelves.map((shelf) => [shelf.uri, shelf]))
    this.#there = there
  }

  static async open<Settings>(run: GroupwareRun<Settings>, source: Listing<Settings>): Promise<Shelves<Settings>> {
    return new Shelves(run, source, await run.destination.pace.run(async () => await run.to.list()))
  }

  /** Makes what can be made now, and brings settings up to date. Answers those that have to wait for the server's leave. */
  async prepare(): Promise<Shelf<Settings>[]> {
    const later: Shelf<Settings>[] = []
    for (const shelf of this.#source.values()) if ((await this.#ensure(shelf)) === 'rate') later.push(shelf)
    await this.#noteMarks()
    return later
  }

  /** Waits as long as it takes, told to the person. False where even that did not help: it is refused. */
  async makeLater(shelf: Shelf<Settings>): Promise<boolean> {
    const { limit, words } = this.#run.realm
    for (;;) {
      if (!(await this.#allowance.wait())) break
      if ((await this.#ensure(shelf)) !== 'rate') {
        await this.#noteMarks()
        return true
      }
    }
    this.#refuse(shelf, `the new host takes ${limit.most} ${limit.what} in an hour and refused one for longer than that`, `run the move again in an hour, or make the ${words.shelf} at the new host yourself`)
    return false
  }

  async #ensure(shelf: Shelf<Settings>): Promise<CreateOutcome['outcome'] | undefined> {
    const { journal, kind } = this.#run
    const item = journal.get(kind, shelfKey(shelf.uri))
    if (item === undefined) return undefined
    if (item.destinationKey !== undefined && item.state !== 'writing') return await this.#upToDate(item, shelf)
    const resumed = item.state === 'writing' && item.destinationKey !== undefined ? uriIn(item.destinationKey) : undefined
    const target = resumed === undefined ? targetFor(shelf, { realm: this.#run.realm, there: this.#there, used: this.#used() }) : { uri: resumed, how: 'make' as const }
    return target.how === 'join' ? await this.#join(item, shelf, target.uri) : await this.#make(item, shelf, target.uri)
  }

  #used(): Set<string> {
    return new Set(shelvesIn(this.#run.journal, this.#run.kind).flatMap(({ destinationKey }) => (destinationKey === undefined ? [] : [uriIn(destinationKey)])))
  }

  /** Goes into one that is there. Its settings are its own, unless nobody has touched it yet. */
  async #join(item: Item, shelf: Shelf<Settings>, uri: string): Promise<undefined> {
    const { journal, kind, destination, to, realm } = this.#run
    const twin = this.#there.shelves.find((one) => one.uri === uri)
    if (twin !== undefined && shelf.holds && twin.mark !== shelf.mark && uri === realm.main) {
      const { changed: objects } = await destination.pace.run(async () => await to.collection(uri).changes())
      if (isFresh(twin, realm, objects.length)) await this.#setLook(uri, shelf)
      else this.#run.note(`"${shelf.title}" goes into "${twin.title}", which keeps its own name and look`)
    }
    journal.put(kind, changed(item, { state: 'there', destinationKey: shelfKey(uri), sourceMark: shelf.mark }))
    return undefined
  }

  async #make(item: Item, shelf: Shelf<Settings>, uri: string): Promise<CreateOutcome['outcome']> {
    const { journal, kind, destination, to, realm } = this.#run
    const writing = changed(item, { state: 'writing', destinationKey: shelfKey(uri) })
    journal.put(kind, writing)
    let attempts = 0
    const make = async (): Promise<CreateOutcome> =>
      await destination.pace.run(async () => {
        attempts += 1
        return await to.make(uri, shelf)
      })
    const first = await make()
    // A server that fails is asked once more: it may have made it.
    const answer = fails(first) ? await make() : first
    const begun = item.state === 'writing' || attempts > 1
    if (answer.outcome === 'made' || (answer.outcome === 'taken' && begun)) {
      if (answer.outcome === 'made') this.#allowance.done()
      await this.#setLook(uri, shelf)
      journal.put(kind, changed(writing, { state: 'moved', sourceMark: shelf.mark }))
      return 'made'
    }
    const waiting = changed(item, { state: 'found', destinationKey: undefined })
    journal.put(kind, waiting)
    if (answer.outcome === 'rate') return 'rate'
    const { words } = realm
    if (answer.outcome === 'limit') {
      this.#refuse(shelf, `the new host allows an account no more ${words.shelves} than the ${this.#there.shelves.length} that are there now`, `delete one there or ask the new host to allow more, then run the move again`)
    } else this.#refuse(shelf, answer.outcome === 'refused' ? `the new host does not take it: ${answer.message}` : `the name "${uri}" is taken at the new host`, fails(answer) ? tooLong : 'run the move again; if it stays, ask the new host')
    return answer.outcome
  }

  /** False where the server fails on name or look: they stay as they are there, and what is in it is carried all the same. */
  async #setLook(uri: string, shelf: Shelf<Settings>): Promise<boolean> {
    const { destination, to } = this.#run
    try {
      await destination.pace.run(async () => await to.set(uri, shelf))
      return true
    } catch (thrown) {
      if (statusOf(thrown) !== 500) throw thrown
      this.#run.note(`name or look of "${shelf.title}" is not as at the old host: ${asChatonError(thrown).message}`)
      return false
    }
  }

  #refuse(shelf: Shelf<Settings>, reason: string, next: string): void {
    const { journal, kind } = this.#run
    journal.together(() => {
      const item = journal.get(kind, shelfKey(shelf.uri))
      if (item !== undefined) journal.put(kind, refused(item, reason, next))
      for (const object of journal.under(kind, shelf.uri)) if (object.state === 'found') journal.put(kind, refused(object, `"${shelf.title}" could not be made: ${reason}`, next))
    })
  }

  /** One that this move made, or joined, before. */
  async #upToDate(item: Item, shelf: Shelf<Settings>): Promise<undefined> {
    const { journal, kind, realm } = this.#run
    const uri = uriIn(item.destinationKey ?? '')
    const there = this.#there.shelves.find((one) => one.uri === uri)
    if (there === undefined) {
      const reason = `the ${realm.words.shelf} was deleted at the new host since it was moved`
      if (item.reason !== reason) journal.put(kind, refused(item, reason, `take it back out of the trash there and run the move again, or leave it`))
      return undefined
    }
    const ours = item.state === 'moved' || item.destinationMark !== undefined
    const back = changed(item, { state: ours ? 'moved' : 'there', sourceMark: shelf.mark })
    if (!ours || item.sourceMark === shelf.mark) journal.put(kind, back)
    else if (there.mark === item.destinationMark) {
      const set = await this.#setLook(uri, shelf)
      journal.put(kind, set ? changed(back, { destinationMark: undefined, state: 'moved' }) : changed(back, { sourceMark: item.sourceMark }))
    } else {
      this.#run.note(`name or look of "${shelf.title}" was changed on both sides: the new host keeps its own`)
      journal.put(kind, back)
    }
    return undefined
  }

  /** What the destination says of those just written, so that a change by somebody else is seen later. */
  async #noteMarks(): Promise<void> {
    const { journal, kind, destination, to } = this.#run
    const unmarked = shelvesIn(journal, kind).filter((item) => item.state === 'moved' && item.destinationMark === undefined && factsOf(item).never !== true)
    if (unmarked.length === 0) return
    this.#there = await destination.pace.run(async () => await to.list())
    for (const item of unmarked) {
      const found = this.#there.shelves.find(({ uri }) => shelfKey(uri) === item.destinationKey)
      if (found !== undefined) journal.put(kind, changed(item, { destinationMark: found.mark }))
    }
  }
}
