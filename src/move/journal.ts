import { createHash } from 'node:crypto'
import { openDatabase, type DatabaseSync, type StatementSync } from '../kit/sqlite.ts'
import type { KindName, Refusal } from './kinds.ts'

/**
 * `found`: to be carried. `writing`: what is at the destination under `destinationKey` may be ours. `moved`: written by this move.
 * `there`: was there already, with the same content. `refused`: not carried, see `reason`. `gone`: no longer at the source.
 */
export type ItemState = 'found' | 'writing' | 'moved' | 'there' | 'refused' | 'gone'

/** One thing of one kind. What marks mean is the kind's affair: etags for files and calendar objects. */
export interface Item {
  /** Path of a file, href of a calendar object… unique within its kind. */
  readonly key: string
  readonly state: ItemState
  /** Stays when the thing is renamed; file id, UID. */
  readonly sourceId: string
  /** Moves when the thing changes. */
  readonly sourceMark: string
  /** Where it is, or is being, written; differs from `key` where a name was taken. */
  readonly destinationKey: string | undefined
  readonly destinationId: string | undefined
  /** As this move wrote it: with another mark, somebody changed it since. */
  readonly destinationMark: string | undefined
  readonly bytes: number
  /** Of the kind, as JSON: times, hashes, flags. */
  readonly extra: Readonly<Record<string, unknown>>
  /** Why it was refused. */
  readonly reason: string | undefined
  readonly next: string | undefined
  /** Number of the pass that saw it last. */
  readonly pass: number
}

export interface Tally {
  readonly counts: Readonly<Record<ItemState, number>>
  readonly movedBytes: number
  readonly totalBytes: number
}

const schema = `
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS items (
    kind TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, source_id TEXT NOT NULL, source_mark TEXT NOT NULL,
    destination_key TEXT, destination_id TEXT, destination_mark TEXT, bytes INTEGER NOT NULL, extra TEXT NOT NULL,
    reason TEXT, next TEXT, pass INTEGER NOT NULL, PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS items_by_state ON items (kind, state, key);
  CREATE INDEX IF NOT EXISTS items_by_source_id ON items (kind, source_id);
  CREATE INDEX IF NOT EXISTS items_elsewhere ON items (kind, destination_key) WHERE destination_key <> key;
  CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, message TEXT NOT NULL) STRICT;
`

type Row = Record<string, string | number | null>

/** Everything a move knows, on disk: a process killed at any instant goes on from here. Memory does not grow with the number of items. */
export class MoveJournal implements Disposable {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(path: string) {
    this.#database = openDatabase(path, 10_000)
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;')
    this.#database.exec(schema)
  }

  /** A fact of the whole move (options, phase, pass, mapping…), or undefined. */
  fact(name: string): string | undefined {
    const row = this.#prepare('SELECT value FROM facts WHERE name = ?').get(name)
    return row === undefined ? undefined : String(row['value'])
  }

  setFact(name: string, value: string): void {
    this.#prepare('INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value').run(name, value)
  }

  get(kind: KindName, key: string): Item | undefined {
    const row = this.#prepare('SELECT * FROM items WHERE kind = ? AND key = ?').get(kind, key)
    return row === undefined ? undefined : itemOf(row as Row)
  }

  bySourceId(kind: KindName, sourceId: string): Item[] {
    return this.#prepare('SELECT * FROM items WHERE kind = ? AND source_id = ?').all(kind, sourceId).map((row) => itemOf(row as Row))
  }

  /** Keys of the items that are, or are being, written there. */
  standingAt(kind: KindName, destinationKey: string): string[] {
    return this.#prepare(
      `SELECT key FROM items WHERE kind = ? AND destination_key = ? AND destination_key <> key
       UNION ALL SELECT key FROM items WHERE kind = ? AND key = ? AND destination_key = key`,
    )
      .all(kind, destinationKey, kind, destinationKey)
      .map(({ key }) => String(key))
  }

  put(kind: KindName, item: Item): void {
    this.#prepare('INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
      kind, item.key, item.state, item.sourceId, item.sourceMark, item.destinationKey ?? null, item.destinationId ?? null,
      item.destinationMark ?? null, item.bytes, JSON.stringify(item.extra), item.reason ?? null, item.next ?? null, item.pass,
    )
  }

  delete(kind: KindName, key: string): void {
    this.#prepare('DELETE FROM items WHERE kind = ? AND key = ?').run(kind, key)
  }

  /** Items of a kind in the order of their keys, `limit` after the key `after`; only of one state where given. For walking in pages. */
  page(kind: KindName, { state, after = '', limit = 500 }: { readonly state?: ItemState; readonly after?: string; readonly limit?: number } = {}): Item[] {
    const rows =
      state === undefined
        ? this.#prepare('SELECT * FROM items WHERE kind = ? AND key > ? ORDER BY key LIMIT ?').all(kind, after, limit)
        : this.#prepare('SELECT * FROM items WHERE kind = ? AND state = ? AND key > ? ORDER BY key LIMIT ?').all(kind, state, after, limit)
    return rows.map((row) => itemOf(row as Row))
  }

  /** All items in the order of their keys, read in pages: the journal may change meanwhile. */
  *walk(kind: KindName, state?: ItemState): Generator<Item> {
    for (let after = ''; ; ) {
      const items = this.page(kind, { after, ...(state === undefined ? {} : { state }) })
      yield* items
      const last = items.at(-1)
      if (last === undefined) return
      after = last.key
    }
  }

  /** For keys that are paths: items directly below a folder (`''` is the root), in pages as {@link page}. */
  children(kind: KindName, folder: string, { after = '', limit = 500 }: { readonly after?: string; readonly limit?: number } = {}): Item[] {
    const prefix = folder === '' ? '' : `${folder}/`
    // "0" follows "/" in ASCII.
    const end = folder === '' ? '\u{10ffff}' : `${folder}0`
    return this.#prepare("SELECT * FROM items WHERE kind = ? AND key > ? AND key < ? AND instr(substr(key, length(?) + 1), '/') = 0 ORDER BY key LIMIT ?")
      .all(kind, after > prefix ? after : prefix, end, prefix, limit)
      .map((row) => itemOf(row as Row))
  }

  /** Number of the pass of a kind that begins now, from 1. */
  nextPass(kind: KindName): number {
    const pass = Number(this.fact(`${kind}.pass`) ?? 0) + 1
    this.setFact(`${kind}.pass`, String(pass))
    return pass
  }

  /** Items below a folder at any depth, in the order of their keys, read in pages. */
  *under(kind: KindName, folder: string): Generator<Item> {
    const prefix = folder === '' ? '' : `${folder}/`
    for (let after = prefix; ; ) {
      const items = this.page(kind, { after })
      for (const item of items) {
        if (!item.key.startsWith(prefix)) return
        yield item
      }
      const last = items.at(-1)
      if (last === undefined) return
      after = last.key
    }
  }

  /** Items at the destination under another path than at the source. */
  *elsewhere(kind: KindName): Generator<{ readonly key: string; readonly destinationKey: string }> {
    const statement = this.#prepare(
      "SELECT key, destination_key FROM items WHERE kind = ? AND key > ? AND destination_key <> key AND state IN ('moved', 'there') ORDER BY key LIMIT 500",
    )
    for (let after = ''; ; ) {
      const rows = statement.all(kind, after)
      for (const row of rows) yield { key: String(row['key']), destinationKey: String(row['destination_key']) }
      if (rows.length === 0) return
      after = String(rows.at(-1)?.['key'])
    }
  }

  tally(kind: KindName): Tally {
    const rows = this.#prepare('SELECT state, count(*) AS number, sum(bytes) AS bytes FROM items WHERE kind = ? GROUP BY state').all(kind)
    const counts: Record<ItemState, number> = { found: 0, writing: 0, moved: 0, there: 0, refused: 0, gone: 0 }
    const bytes: Partial<Record<ItemState, number>> = {}
    for (const row of rows) {
      counts[row['state'] as ItemState] = Number(row['number'])
      bytes[row['state'] as ItemState] = Number(row['bytes'])
    }
    const sum = (...states: readonly ItemState[]): number => states.reduce((total, state) => total + (bytes[state] ?? 0), 0)
    return { counts, movedBytes: sum('moved', 'there'), totalBytes: sum('found', 'writing', 'moved', 'there', 'refused') }
  }

  refusals(kind: KindName): Refusal[] {
    return [...this.walk(kind, 'refused')].map(({ key, reason, next }) => ({ what: key, reason: reason ?? '', ...(next === undefined ? {} : { next }) }))
  }

  /** Changes with what is known of any item, but not with the number of the pass that saw it last: equal before and after a pass that found nothing to do. */
  fingerprint(): string {
    const hash = createHash('sha256')
    const rows = this.#prepare('SELECT kind, key, state, source_mark, destination_key, destination_mark, reason FROM items ORDER BY kind, key').iterate()
    for (const row of rows) hash.update(JSON.stringify(Object.values(row)))
    return hash.digest('hex')
  }

  /** For people: problems met, waits, decisions. */
  note(kind: KindName | 'move', message: string, at: Date): void {
    this.#prepare('INSERT INTO events (at, kind, message) VALUES (?, ?, ?)').run(at.toISOString(), kind, message)
  }

  notes(): { readonly at: string; readonly kind: string; readonly message: string }[] {
    return this.#prepare('SELECT at, kind, message FROM events ORDER BY id').all().map((row) => ({ at: String(row['at']), kind: String(row['kind']), message: String(row['message']) }))
  }

  /** All or nothing, in one write to the disk. */
  together<T>(work: () => T): T {
    if (this.#database.isTransaction) return work()
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const made = this.#database.prepare(sql)
    this.#statements.set(sql, made)
    return made
  }
}

function itemOf(row: Row): Item {
  const text = (name: string): string | undefined => (row[name] === null ? undefined : String(row[name]))
  return {
    key: String(row['key']),
    state: row['state'] as ItemState,
    sourceId: String(row['source_id']),
    sourceMark: String(row['source_mark']),
    destinationKey: text('destination_key'),
    destinationId: text('destination_id'),
    destinationMark: text('destination_mark'),
    bytes: Number(row['bytes']),
    extra: JSON.parse(String(row['extra'])) as Record<string, unknown>,
    reason: text('reason'),
    next: text('next'),
    pass: Number(row['pass']),
  }
}
