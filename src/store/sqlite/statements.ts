import type { Database, Statement } from './database.ts'

const sql = {
  find: 'SELECT name, uid, version, body FROM resources WHERE kind = ? AND name = ?',
  list: 'SELECT name, uid, version, body FROM resources WHERE kind = ?',
  changed: 'SELECT name, uid, version, CASE WHEN version > ? THEN body END AS body FROM resources WHERE kind = ?',
  insert: 'INSERT INTO resources (kind, name, uid, version, body) VALUES (?, ?, ?, ?, ?)',
  replace: 'UPDATE resources SET version = ?, body = ? WHERE kind = ? AND name = ?',
  remove: 'DELETE FROM resources WHERE kind = ? AND name = ?',
  nextVersion: 'UPDATE last_version SET value = value + 1 RETURNING value',
  claimKey: 'INSERT INTO unique_keys (kind, key, name) VALUES (?, ?, ?) ON CONFLICT (kind, key) DO NOTHING',
  releaseKeys: 'DELETE FROM unique_keys WHERE kind = ? AND name = ?',
  keyHolder: 'SELECT name FROM unique_keys WHERE kind = ? AND key = ?',
  dataVersion: 'PRAGMA data_version',
} as const

export type Statements = Readonly<Record<keyof typeof sql, Statement>>

export function prepareStatements(database: Database): Statements {
  const entries = Object.entries(sql).map(([name, text]) => [name, database.prepare(text)])
  return Object.fromEntries(entries) as Statements
}
