import type { Clock } from '../kit/clock.ts'
import type { Kind } from '../model/resources.ts'
import type { WatchEvent } from './contract.ts'
import { byName, decode, type Row } from './records.ts'

/** A row without its body where the watcher has that version already. */
export type SeenRow = Omit<Row, 'body'> & { readonly body: string | null }

/** What a watch needs of an implementation. */
export interface Watched {
  /** Moves whenever rows may have changed; `undefined` once the store is closed. Cheap. */
  mark(): string | undefined
  /** All rows of the kind; bodies only of versions above `after`. */
  rows(after: number): readonly SeenRow[]
  /** Resolves when it is time to look at the mark again. */
  pause(signal: AbortSignal): Promise<void>
}

/** Compares what there is with what was seen, at each move of the mark, until the signal aborts or the store closes. */
export async function* watchRows<K extends Kind>(kind: K, watched: Watched, signal: AbortSignal): AsyncGenerator<WatchEvent<K>, void> {
  let seen: ReadonlyMap<string, Row> = new Map()
  let mark: string | undefined
  while (!signal.aborted) {
    const current = watched.mark()
    if (current === undefined) return
    if (current === mark) {
      await watched.pause(signal)
      continue
    }
    mark = current
    const before = seen
    seen = read(watched, before)
    for (const event of differences(kind, before, seen)) {
      if (signal.aborted) return
      yield event
    }
  }
}

function read(watched: Watched, before: ReadonlyMap<string, Row>): Map<string, Row> {
  const newest = Math.max(0, ...[...before.values()].map((row) => row.version))
  const rows = watched.rows(newest).map((row) => ({ ...row, body: row.body ?? before.get(row.name)?.body ?? '' }))
  return new Map(rows.sort(byName).map((row) => [row.name, row]))
}

/** Deletions first, so that what they free is free when the rest arrives. A name used again is a deletion and an addition. */
function* differences<K extends Kind>(kind: K, before: ReadonlyMap<string, Row>, now: ReadonlyMap<string, Row>): Generator<WatchEvent<K>> {
  for (const row of before.values()) {
    if (now.get(row.name)?.uid !== row.uid) yield { type: 'deleted', resource: decode(kind, row) }
  }
  for (const row of now.values()) {
    const old = before.get(row.name)
    if (old?.uid !== row.uid) yield { type: 'added', resource: decode(kind, row) }
    else if (old.version !== row.version) yield { type: 'modified', resource: decode(kind, row) }
  }
}

/** Wakes the watchers of one process when it has written. */
export class Bell {
  readonly #sleepers = new Set<() => void>()

  ring(): void {
    for (const wake of this.#sleepers) wake()
  }

  /** Resolves at the next ring, when the signal aborts, or after `poll.milliseconds` where given. */
  async wait(signal: AbortSignal, poll?: { readonly clock: Clock; readonly milliseconds: number }): Promise<void> {
    const stop = new AbortController()
    const rung = new Promise<void>((resolve) => {
      stop.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    const wake = (): void => stop.abort()
    signal.addEventListener('abort', wake, { once: true })
    this.#sleepers.add(wake)
    try {
      if (signal.aborted) return
      await (poll ? Promise.race([rung, quietSleep(poll, stop.signal)]) : rung)
    } finally {
      this.#sleepers.delete(wake)
      signal.removeEventListener('abort', wake)
      stop.abort()
    }
  }
}

async function quietSleep({ clock, milliseconds }: { readonly clock: Clock; readonly milliseconds: number }, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(milliseconds, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
