import type { MoveContext, Side } from '../contract.ts'
import type { MoveJournal } from '../journal.ts'
import { withSessions } from '../../nextcloud/sessions.ts'
import type { Library, Realm } from './realm.ts'

/** One pass of one kind: what it works with, and how far it is. */
export class GroupwareRun<Settings> {
  readonly context: MoveContext
  readonly realm: Realm<Settings>
  readonly from: Library<Settings>
  readonly to: Library<Settings>
  readonly pass: number
  #done = 0
  #total = 0

  constructor(context: MoveContext, realm: Realm<Settings>) {
    this.context = context
    this.realm = realm
    this.from = realm.open({ ...context.source, remote: withSessions(context.source.remote) })
    this.to = realm.open({ ...context.destination, remote: withSessions(context.destination.remote) })
    this.pass = Number(context.journal.fact(`${realm.kind}.pass`) ?? 0) + 1
  }

  get kind(): Realm<Settings>['kind'] {
    return this.realm.kind
  }

  get journal(): MoveJournal {
    return this.context.journal
  }

  get source(): Side {
    return this.context.source
  }

  get destination(): Side {
    return this.context.destination
  }

  /** Counts anew, from the journal. */
  recount(): void {
    const { counts } = this.journal.tally(this.kind)
    this.#done = counts.moved + counts.there + counts.refused
    this.#total = this.#done + counts.found + counts.writing
    this.tell()
  }

  /** One more is decided. */
  step(problem?: string): void {
    this.#done = Math.min(this.#done + 1, this.#total)
    this.tell(problem === undefined ? {} : { problem })
  }

  tell(more: { readonly note?: string; readonly problem?: string } = {}): void {
    this.context.progress({ kind: this.kind, done: this.#done, total: this.#total, ...more })
  }

  note(message: string): void {
    this.journal.note(this.kind, message, this.context.clock.now())
  }
}
