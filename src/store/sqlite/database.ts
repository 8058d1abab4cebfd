import { explainDatabaseError, isBusy, openDatabase, type DatabaseSync } from '../../kit/sqlite.ts'
import type { Clock } from '../../kit/clock.ts'
import { migrate } from './migrations.ts'

const busyTimeoutMs = 15_000
const walAttempts = 100

/** The file that store and journal share: opened in WAL mode with the newest schema, every failure explained. */
export class Database {
  readonly #path: string
  readonly #database: DatabaseSync

  constructor(path: string, clock: Clock) {
    this.#path = path
    this.#database = openDatabase(path, busyTimeoutMs)
    try {
      this.#explained(() => {
        useWriteAheadLog(this.#database)
        migrate(this.#database, path, clock.now())
      })
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  prepare(sql: string): Statement {
    const statement = this.#database.prepare(sql)
    return {
      all: (...values) => this.#explained(() => statement.all(...values)),
      get: (...values) => this.#explained(() => statement.get(...values)),
      run: (...values) => this.#explained(() => Number(statement.run(...values).changes)),
    }
  }

  /** All of `work` or nothing; takes the writer's lock before the first read, so that what is read is what is replaced. */
  write<T>(work: () => T): T {
    this.#explained(() => this.#database.exec('BEGIN IMMEDIATE'))
    try {
      const result = work()
      this.#explained(() => this.#database.exec('COMMIT'))
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  get isOpen(): boolean {
    return this.#database.isOpen
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #explained<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw explainDatabaseError(error, this.#path)
    }
  }
}

type Value = string | number | null

/** A row's columns as SQLite gives them. */
export type Columns = Record<string, unknown>

/** A prepared statement whose failures are explained. `run` answers how many rows changed. */
export interface Statement {
  all(...values: Value[]): Columns[]
  get(...values: Value[]): Columns | undefined
  run(...values: Value[]): number
}

/**
 * WAL lets readers go on while one process writes. `synchronous = FULL` makes a commit outlast a power cut: a lost record of a
 * mail that went out would send it twice. The change to WAL itself does not wait for other openers, hence the attempts.
 */
function useWriteAheadLog(database: DatabaseSync): void {
  for (let attempt = 1; ; attempt++) {
    try {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
      return
    } catch (error) {
      if (!isBusy(error) || attempt >= walAttempts) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    }
  }
}
