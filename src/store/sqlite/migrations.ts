import { ChatonError } from '../../kit/errors.ts'
import type { DatabaseSync } from '../../kit/sqlite.ts'

export interface Migration {
  readonly name: string
  readonly sql: string
}

/** The schema, step by step: entry n leads from version n to n + 1. Entries are only ever added. */
export const migrations: readonly Migration[] = [
  {
    name: 'resources, unique keys and journal',
    sql: `
      CREATE TABLE resources (
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        uid TEXT NOT NULL UNIQUE,
        version INTEGER NOT NULL UNIQUE,
        body TEXT NOT NULL,
        PRIMARY KEY (kind, name)
      ) STRICT;
      CREATE TABLE unique_keys (
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        name TEXT NOT NULL,
        UNIQUE (kind, key),
        FOREIGN KEY (kind, name) REFERENCES resources (kind, name) ON DELETE CASCADE
      ) STRICT;
      CREATE INDEX unique_keys_by_holder ON unique_keys (kind, name);
      CREATE TABLE last_version (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        value INTEGER NOT NULL
      ) STRICT;
      INSERT INTO last_version VALUES (1, 0);
      CREATE TABLE journal (
        id INTEGER PRIMARY KEY,
        subject TEXT NOT NULL,
        run TEXT NOT NULL,
        step TEXT NOT NULL,
        state TEXT NOT NULL,
        at TEXT NOT NULL,
        message TEXT
      ) STRICT;
      CREATE INDEX journal_by_subject ON journal (subject, id);
    `,
  },
]

/** Brings the schema to the newest version, once, also where several processes open the file together. */
export function migrate(database: DatabaseSync, path: string, now: Date): void {
  if (schemaVersion(database, path) === migrations.length) return
  database.exec('BEGIN IMMEDIATE')
  try {
    database.exec('CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT')
    const record = database.prepare('INSERT INTO migrations VALUES (?, ?, ?)')
    for (let version = schemaVersion(database, path) + 1; version <= migrations.length; version++) {
      const { name, sql } = migrations[version - 1] as Migration
      database.exec(sql)
      record.run(version, name, now.toISOString())
    }
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** 0 for an empty file. A schema of a newer chaton is refused: writing by the old rules could lose what it keeps. */
function schemaVersion(database: DatabaseSync, path: string): number {
  const tables = database.prepare("SELECT count(*) AS total, sum(name = 'migrations') AS ours FROM sqlite_schema WHERE type = 'table'").get()
  if (tables?.['total'] === 0) return 0
  if (tables?.['ours'] !== 1) {
    throw new ChatonError('unhealthy', `${path} is a database of another program, not a store of chaton`, {
      next: [`move ${path} away, or set another stateDirectory`],
    })
  }
  const version = Number(database.prepare('SELECT coalesce(max(version), 0) AS version FROM migrations').get()?.['version'])
  if (version <= migrations.length) return version
  const message = `${path} was written by a newer chaton: its schema is ${version}, this one knows ${migrations.length} at most`
  throw new ChatonError('machine-not-ready', message, { next: ['install the newest chaton and run the same command again; nothing was changed'] })
}
