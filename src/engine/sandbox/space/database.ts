import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { openDatabase } from '../../../kit/sqlite.ts'

const schema = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accounts (
  uid TEXT PRIMARY KEY COLLATE NOCASE, display_name TEXT NOT NULL, email TEXT, enabled INTEGER NOT NULL DEFAULT 1, quota INTEGER,
  password TEXT, language TEXT NOT NULL DEFAULT 'en', created_at INTEGER NOT NULL, first_login INTEGER NOT NULL DEFAULT 0, last_login INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS groups (gid TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS memberships (gid TEXT NOT NULL, uid TEXT NOT NULL COLLATE NOCASE, PRIMARY KEY (gid, uid)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens (hash TEXT PRIMARY KEY, uid TEXT NOT NULL COLLATE NOCASE, label TEXT NOT NULL, created_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS invitations (uid TEXT PRIMARY KEY COLLATE NOCASE, hash TEXT NOT NULL, created_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS nodes (
  id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL, parent INTEGER NOT NULL, name TEXT NOT NULL, directory INTEGER NOT NULL,
  size INTEGER NOT NULL DEFAULT 0, mtime INTEGER NOT NULL, created INTEGER NOT NULL DEFAULT 0, uploaded INTEGER NOT NULL DEFAULT 0,
  etag TEXT NOT NULL, checksum TEXT, favorite INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX IF NOT EXISTS nodes_by_name ON nodes (parent, name) WHERE parent <> 0;
CREATE UNIQUE INDEX IF NOT EXISTS roots ON nodes (uid, name) WHERE parent = 0;
CREATE TABLE IF NOT EXISTS properties (node INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (node, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS trash (node INTEGER PRIMARY KEY, name TEXT NOT NULL, location TEXT NOT NULL, deleted_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS versions (node INTEGER NOT NULL, stamp INTEGER NOT NULL, uid TEXT NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (node, stamp)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS collections (
  id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL, kind TEXT NOT NULL, uri TEXT NOT NULL, display_name TEXT NOT NULL,
  properties TEXT NOT NULL DEFAULT '{}', token INTEGER NOT NULL DEFAULT 1, UNIQUE (uid, kind, uri));
CREATE TABLE IF NOT EXISTS objects (
  collection INTEGER NOT NULL, uri TEXT NOT NULL, object_uid TEXT NOT NULL, component TEXT NOT NULL, etag TEXT NOT NULL, modified INTEGER NOT NULL,
  data TEXT NOT NULL, PRIMARY KEY (collection, uri)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS changes (collection INTEGER NOT NULL, token INTEGER NOT NULL, uri TEXT NOT NULL, PRIMARY KEY (collection, token)) WITHOUT ROWID;
`

/** SQL whose rows have this shape: columns are named by the caller, SQLite checks nothing. */
export type Query<_Row> = string

/** The database of one sandbox space. The server and the engine open it at the same time; WAL keeps them apart. */
export class SpaceDatabase implements Disposable {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #depth = 0

  /** Opens and, where needed, creates the tables. */
  constructor(path: string) {
    this.#database = openDatabase(path, 10_000)
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;')
    if (this.get<{ n: number }>("SELECT count(*) AS n FROM sqlite_master WHERE name = 'changes'")?.n === 0) this.#database.exec(schema)
  }

  get<T>(sql: Query<T>, ...values: SQLInputValue[]): T | undefined {
    return this.#prepare(sql).get(...values) as T | undefined
  }

  all<T>(sql: Query<T>, ...values: SQLInputValue[]): T[] {
    return this.#prepare(sql).all(...values) as T[]
  }

  /** Number of rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes)
  }

  /** Id of the row inserted. */
  insert(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).lastInsertRowid)
  }

  /** All of `act` or nothing of it; no other process writes meanwhile. May be nested. */
  write<T>(act: () => T): T {
    if (this.#depth > 0) return act()
    this.#database.exec('BEGIN IMMEDIATE')
    this.#depth = 1
    try {
      const result = act()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    } finally {
      this.#depth = 0
    }
  }

  /** A consistent copy in one file. */
  copyTo(path: string): void {
    this.#prepare('VACUUM INTO ?').run(path)
  }

  close(): void {
    this.#statements.clear()
    this.#database.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}
