import type { Clock } from '../../kit/clock.ts'
import { uuid } from '../../kit/random.ts'
import type { Kind, ResourceOf } from '../../model/resources.ts'
import type { Journal, Store, Stored, WatchEvent } from '../contract.ts'
import { byName, changedMeanwhile, decode, keysOf, keyTaken, missing, nameTaken, newRow, nextRow, type Row } from '../records.ts'
import { Bell, watchRows, type SeenRow } from '../watch.ts'
import { Database, type Columns } from './database.ts'
import { SqliteJournal } from './journal.ts'
import { prepareStatements, type Statements } from './statements.ts'

/** How often a watch looks whether another process has written. */
const pollMs = 250

export interface SqliteOptions {
  /** The database file; it and its directory are made if need be. */
  readonly path: string
  readonly clock: Clock
}

class SqliteStore implements Store {
  readonly #clock: Clock
  readonly #database: Database
  readonly #sql: Statements
  readonly #bell = new Bell()
  #writes = 0

  constructor(database: Database, clock: Clock) {
    this.#clock = clock
    this.#database = database
    this.#sql = prepareStatements(database)
  }

  async get<K extends Kind>(kind: K, name: string): Promise<Stored<ResourceOf[K]> | undefined> {
    const row = this.#find(kind, name)
    return row && decode(kind, row)
  }

  async list<K extends Kind>(kind: K): Promise<Stored<ResourceOf[K]>[]> {
    const rows = this.#sql.list.all(kind) as unknown as Row[]
    return rows.sort(byName).map((row) => decode(kind, row))
  }

  async create<K extends Kind>(kind: K, resource: ResourceOf[K]): Promise<Stored<ResourceOf[K]>> {
    const row = this.#write(() => {
      const row = newRow(kind, resource, { version: this.#nextVersion(), uid: uuid(), now: this.#clock.now() })
      if (this.#find(kind, row.name)) throw nameTaken(kind, row.name)
      this.#sql.insert.run(kind, row.name, row.uid, row.version, row.body)
      this.#claim(kind, row)
      return row
    })
    return decode(kind, row)
  }

  async update<K extends Kind>(kind: K, resource: Stored<ResourceOf[K]>): Promise<Stored<ResourceOf[K]>> {
    const { name, resourceVersion } = resource.metadata
    const row = this.#write(() => {
      const current = this.#find(kind, name)
      if (!current) throw missing(kind, name)
      if (String(current.version) !== resourceVersion) throw changedMeanwhile(kind, name)
      const row = nextRow(kind, current, resource, this.#nextVersion())
      this.#sql.replace.run(row.version, row.body, kind, name)
      this.#claim(kind, row)
      return row
    })
    return decode(kind, row)
  }

  async delete(kind: Kind, name: string, resourceVersion?: string): Promise<boolean> {
    return this.#write(() => {
      const current = this.#find(kind, name)
      if (!current) return false
      if (resourceVersion !== undefined && String(current.version) !== resourceVersion) throw changedMeanwhile(kind, name)
      return this.#sql.remove.run(kind, name) > 0
    })
  }

  watch<K extends Kind>(kind: K, signal: AbortSignal): AsyncIterable<WatchEvent<K>> {
    const watched = {
      mark: () => (this.#database.isOpen ? `${Number(this.#sql.dataVersion.get()?.['data_version'])} ${this.#writes}` : undefined),
      rows: (after: number) => this.#sql.changed.all(after, kind) as unknown as SeenRow[],
      pause: (until: AbortSignal) => this.#bell.wait(until, { clock: this.#clock, milliseconds: pollMs }),
    }
    return watchRows(kind, watched, signal)
  }

  /** Also ends the journal that was opened with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#database.close()
    this.#bell.ring()
  }

  #find(kind: Kind, name: string): Row | undefined {
    const columns: Columns | undefined = this.#sql.find.get(kind, name)
    return columns as Row | undefined
  }

  #nextVersion(): number {
    return Number(this.#sql.nextVersion.get()?.['value'])
  }

  /** Puts the unique keys of a row in place of those that its name held. */
  #claim(kind: Kind, row: Row): void {
    this.#sql.releaseKeys.run(kind, row.name)
    for (const key of keysOf(kind, row)) {
      if (this.#sql.claimKey.run(kind, key, row.name) > 0) continue
      throw keyTaken(kind, key, String(this.#sql.keyHolder.get(kind, key)?.['name']))
    }
  }

  #write<T>(work: () => T): T {
    const result = this.#database.write(work)
    this.#writes += 1
    this.#bell.ring()
    return result
  }
}

/** Store and journal in one SQLite file that several processes may use at once. Disposing of the store closes both. */
export function openSqliteStore({ path, clock }: SqliteOptions): { readonly store: Store; readonly journal: Journal } {
  const database = new Database(path, clock)
  return { store: new SqliteStore(database, clock), journal: new SqliteJournal(database) }
}
