import type { Clock } from '../../kit/clock.ts'
import { asChatonError, ChatonError } from '../../kit/errors.ts'
import type { Item } from '../journal.ts'
import { SourceFailed } from './through.ts'

/** A large file is sent in one request where that lasts about a minute: so much is lost when the line breaks. */
const longestMs = 60_000
/** After so long, the line has shown what it carries. */
const probeMs = 5_000

/** Bytes that a line carries in the time that may be lost. Pure. */
const carriedInTime = (bytes: number, milliseconds: number): number => Math.floor((bytes / Math.max(1, milliseconds)) * longestMs)

/**
 * A large file in one request, without the work of putting parts together: 1.3 times as long as rclone takes, in parts 2.5 times
 * (bench/move-large.ts). It is tried once. A request that broke off after bytes had passed is not sent again, and one that would
 * last too long is given up after five seconds: the file then goes in parts. Throws so with `data.inParts`, the size up to which
 * files may still be tried.
 */
export class OneTry {
  readonly #item: Item
  readonly #clock: Clock
  readonly #tell: (percent: number) => void
  #told = 0
  #passed = 0
  #began = 0
  #probed = false

  /** `tell` hears of each tenth that has passed. */
  constructor(item: Item, { clock, tell }: { readonly clock: Clock; readonly tell: (percent: number) => void }) {
    this.#item = item
    this.#clock = clock
    this.#tell = tell
  }

  /** To be called before each request. */
  begin(): void {
    if (this.#passed > 0) throw inParts(this.#item, { because: 'it broke off', upTo: Math.floor(this.#item.bytes / 2) })
    this.#began = this.#clock.now().getTime()
  }

  passes(bytes: number): void {
    this.#passed += bytes
    this.#tellTenth()
    const milliseconds = this.#clock.now().getTime() - this.#began
    if (this.#probed || milliseconds < probeMs) return
    this.#probed = true
    const upTo = carriedInTime(this.#passed, milliseconds)
    if (this.#item.bytes > upTo) throw inParts(this.#item, { because: 'the line is slow', upTo })
  }

  #tellTenth(): void {
    const percent = Math.floor((10 * this.#passed) / this.#item.bytes) * 10
    if (percent <= this.#told) return
    this.#told = percent
    this.#tell(percent)
  }
}

function inParts({ key }: Item, { because, upTo }: { readonly because: string; readonly upTo: number }): ChatonError {
  return new ChatonError('remote-failed', `"${key}" does not go in one request: ${because}`, { data: { inParts: upTo } })
}

/** Size up to which files may still be tried in one request, where this failure says so. */
export function triedUpTo(thrown: unknown): number | undefined {
  const { inParts: upTo } = asChatonError(thrown instanceof SourceFailed ? thrown.cause : thrown).data
  return typeof upTo === 'number' ? upTo : undefined
}
