import type { Clock } from '../../kit/clock.ts'
import { mask } from '../../kit/mask.ts'
import { uuid } from '../../kit/random.ts'
import type { Kind, ResourceOf } from '../../model/resources.ts'
import type { Journal, JournalEntry, Store, Stored, WatchEvent } from '../contract.ts'
import { byName, changedMeanwhile, decode, keysOf, keyTaken, missing, nameTaken, newRow, nextRow, type Row } from '../records.ts'
import { Bell, watchRows } from '../watch.ts'

type KeyedRow = Row & { readonly keys: readonly string[] }

class MemoryStore implements Store {
  readonly #clock: Clock
  readonly #rows = new Map<Kind, Map<string, KeyedRow>>()
  /** Holder of each unique key, by kind and key. */
  readonly #holders = new Map<string, string>()
  readonly #bell = new Bell()
  #version = 0
  #writes = 0
  #open = true

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async get<K extends Kind>(kind: K, name: string): Promise<Stored<ResourceOf[K]> | undefined> {
    const row = this.#of(kind).get(name)
    return row && decode(kind, row)
  }

  async list<K extends Kind>(kind: K): Promise<Stored<ResourceOf[K]>[]> {
    return [...this.#of(kind).values()].sort(byName).map((row) => decode(kind, row))
  }

  async create<K extends Kind>(kind: K, resource: ResourceOf[K]): Promise<Stored<ResourceOf[K]>> {
    const row = newRow(kind, resource, { version: this.#version + 1, uid: uuid(), now: this.#clock.now() })
    if (this.#of(kind).has(row.name)) throw nameTaken(kind, row.name)
    return this.#put(kind, row)
  }

  async update<K extends Kind>(kind: K, resource: Stored<ResourceOf[K]>): Promise<Stored<ResourceOf[K]>> {
    const { name, resourceVersion } = resource.metadata
    const current = this.#of(kind).get(name)
    if (!current) throw missing(kind, name)
    if (String(current.version) !== resourceVersion) throw changedMeanwhile(kind, name)
    return this.#put(kind, nextRow(kind, current, resource, this.#version + 1))
  }

  async delete(kind: Kind, name: string, resourceVersion?: string): Promise<boolean> {
    const current = this.#of(kind).get(name)
    if (!current) return false
    if (resourceVersion !== undefined && String(current.version) !== resourceVersion) throw changedMeanwhile(kind, name)
    this.#release(kind, current)
    this.#of(kind).delete(name)
    this.#wrote()
    return true
  }

  watch<K extends Kind>(kind: K, signal: AbortSignal): AsyncIterable<WatchEvent<K>> {
    const watched = {
      mark: () => (this.#open ? String(this.#writes) : undefined),
      rows: () => [...this.#of(kind).values()],
      pause: (until: AbortSignal) => this.#bell.wait(until),
    }
    return watchRows(kind, watched, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open = false
    this.#bell.ring()
  }

  #of(kind: Kind): Map<string, KeyedRow> {
    const rows = this.#rows.get(kind) ?? new Map<string, KeyedRow>()
    this.#rows.set(kind, rows)
    return rows
  }

  #put<K extends Kind>(kind: K, row: Row): Stored<ResourceOf[K]> {
    const keys = keysOf(kind, row)
    for (const key of keys) {
      const holder = this.#holders.get(`${kind} ${key}`)
      if (holder !== undefined && holder !== row.name) throw keyTaken(kind, key, holder)
    }
    this.#release(kind, this.#of(kind).get(row.name))
    for (const key of keys) this.#holders.set(`${kind} ${key}`, row.name)
    this.#of(kind).set(row.name, { ...row, keys })
    this.#version = row.version
    this.#wrote()
    return decode(kind, row)
  }

  #release(kind: Kind, row: KeyedRow | undefined): void {
    for (const key of row?.keys ?? []) this.#holders.delete(`${kind} ${key}`)
  }

  #wrote(): void {
    this.#writes += 1
    this.#bell.ring()
  }
}

class MemoryJournal implements Journal {
  #entries: JournalEntry[] = []

  async record(entry: JournalEntry): Promise<void> {
    this.#entries.push({ ...entry, ...(entry.message === undefined ? {} : { message: mask(entry.message) }) })
  }

  async read(subject: string): Promise<JournalEntry[]> {
    return this.#entries.filter((entry) => entry.subject === subject).map((entry) => ({ ...entry }))
  }

  async forget(subject: string): Promise<void> {
    this.#entries = this.#entries.filter((entry) => entry.subject !== subject)
  }
}

/** Store and journal that live as long as the process: for tests and dry runs. */
export function memoryStore(clock: Clock): { readonly store: Store; readonly journal: Journal } {
  return { store: new MemoryStore(clock), journal: new MemoryJournal() }
}
