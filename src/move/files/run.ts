import { asChatonError, ChatonError } from '../../kit/errors.ts'
import { Slabs } from '../../kit/slabs.ts'
import type { MoveContext } from '../contract.ts'
import type { Item } from '../journal.ts'
import { changed, factsOf, isFolder } from './facts.ts'
import { foldersAbove, parentOf } from './names.ts'
import { startLimits, type Limits } from './lanes.ts'
import { Places } from './places.ts'
import { isConflict, isMissing, reasonOf, stops } from './trouble.ts'

/** What is common to the steps of one run over the files. */
export class FilesRun {
  readonly context: MoveContext
  readonly pass: number
  /** Name of the old host, for names of files that are kept beside others. */
  readonly host: string
  readonly places: Places
  /** For the contents of what is packed. */
  readonly slabs = new Slabs(slabsMost)
  /** Ends work on a failure that ends the whole run, and when the person stops it. */
  readonly signal: AbortSignal
  /** An earlier run did not come to its end. */
  readonly resumed: boolean
  readonly #stop = new AbortController()
  readonly #touched = new Set<string>()
  readonly #count = { done: 0, total: 0, doneBytes: 0, totalBytes: 0 }
  #limits: Limits
  #failures = 0
  #zipFailures = 0
  #bulkFailures = 0

  constructor(context: MoveContext, pass: number) {
    this.context = context
    this.pass = pass
    this.host = new URL(context.source.remote.base).hostname
    this.signal = AbortSignal.any([context.signal, this.#stop.signal])
    this.places = new Places(this)
    this.#limits = { ...startLimits, ...(JSON.parse(context.journal.fact('files.limits') ?? '{}') as Partial<Limits>) }
    this.resumed = context.journal.fact('files.times') === 'open'
  }

  get journal(): MoveContext['journal'] {
    return this.context.journal
  }

  /** What the hosts between here and there turned out to bear; kept for later runs. */
  get limits(): Limits {
    return this.#limits
  }

  learn(limits: Partial<Limits>): void {
    this.#limits = { ...this.#limits, ...limits }
    this.journal.setFact('files.limits', JSON.stringify(this.#limits))
  }

  /** Throws `interrupted` once the run is to end. */
  check(): void {
    if (this.signal.aborted) throw new ChatonError('interrupted', 'the move was stopped')
  }

  /** Throws `interrupted` if the run ends meanwhile. */
  async pause(milliseconds: number): Promise<void> {
    await this.context.clock.sleep(milliseconds, this.signal).catch(() => undefined)
    this.check()
  }

  put(item: Item): void {
    this.journal.put('files', item)
  }

  /** Carried, one way or the other. */
  done(item: Item): void {
    this.put(item)
    this.#failures = 0
    this.#count.done += 1
    this.#count.doneBytes += item.bytes
    this.tell({})
  }

  /** Takes a failure of one item: written down as refused, or thrown where it ends the run. */
  refuse(item: Item, thrown: unknown): void {
    const error = asChatonError(thrown)
    this.check()
    this.#failures += 1
    if (stops(error) || this.#failures > mostFailuresInARow) {
      this.#stop.abort()
      throw error
    }
    const { reason, next } = reasonOf(error)
    this.put(changed(item, { state: 'refused', reason, next }, { again: true }))
    this.tell({ problem: `${item.key}: ${reason}` })
  }

  /** An archive fails where a file has changed since, and may break for one bad file; if it does so again, the server is taken to make no good ones. */
  zipFailed(error: unknown): void {
    if (isConflict(error) || isMissing(error)) return
    this.#zipFailures += 1
    if (this.#zipFailures !== mostZipFailures) return
    this.learn({ zip: false })
    this.note(`the source gives no archives: ${asChatonError(error).message}`)
  }

  /** A refusal of bulk uploads holds for good; where one fails otherwise, the next may do better. */
  bulkFailed(error: ChatonError): void {
    this.#bulkFailures += error.retryable ? 1 : mostBulkFailures
    if (this.#bulkFailures < mostBulkFailures || !this.#limits.bulk) return
    this.learn({ bulk: false })
    this.note(`the destination takes no bulk uploads: ${error.message}`)
  }

  note(message: string): void {
    this.journal.note('files', message, this.context.clock.now())
  }

  /** What is in this folder at the destination changes by this move, and the times of all folders above with it. */
  touch(key: string): void {
    const folder = parentOf(key)
    if (this.#touched.has(folder)) return
    if (this.#touched.size === 0) this.journal.setFact('files.times', 'open')
    this.#touched.add(folder)
    for (const above of foldersAbove(`${folder}/`)) this.#touched.add(above)
  }

  get touched(): ReadonlySet<string> {
    return this.#touched
  }

  recount(): void {
    const { counts, movedBytes, totalBytes } = this.journal.tally('files')
    const done = counts.moved + counts.there
    Object.assign(this.#count, { done, total: done + counts.found + counts.writing + counts.refused, doneBytes: movedBytes, totalBytes })
  }

  tell(more: { readonly note?: string; readonly problem?: string; readonly found?: number }): void {
    const { found = 0, ...words } = more
    this.#count.total += found
    this.context.progress({ kind: 'files', ...this.#count, ...words })
  }

  /** The folder's item as it is in the journal; a file's parent is always there. */
  need(key: string): Item {
    const item = this.journal.get('files', key)
    if (item === undefined) throw new ChatonError('bug', `"${key}" is not in the journal of the move`)
    return item
  }

  /** As the journal knows the source. */
  holdsOnly(folder: string, entries: number): boolean {
    return this.journal.children('files', folder, { limit: entries + 1 }).length === entries
  }

  /** Name for the destination: its own, or the one chosen because its own is refused there. */
  nameFor(item: Item): string {
    return factsOf(item).as ?? item.key.slice(item.key.lastIndexOf('/') + 1)
  }
}

/** Of all that is packed at the same time: two full batches keep two servers busy. */
const slabsMost = 16 * 2 ** 20

/** A host that refuses one thing after the other is ill; going on would only fill the report. */
const mostFailuresInARow = 25
const mostZipFailures = 3
const mostBulkFailures = 3

export const what = (item: Item): string => `${isFolder(item) ? 'folder' : 'file'} "${item.key}"`
