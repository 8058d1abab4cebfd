import type { SpaceDatabase } from './database.ts'

/** What the engine tells the server of a space, and what the server keeps for itself. One row of `meta` each. */
export interface Settings {
  /** As in `oc:id` of files: lower-case letters and digits, starting with "oc". */
  instanceId: string
  title: string
  release: string
  /** Bytes of the whole space; the server refuses what would go above. */
  poolBytes: number
  accountCap: number
  suspended: boolean
  /** Identity of the process that copies the space; while it lives nothing is written. Empty: none. */
  frozenBy: string
  /** Goes up with every write of people. */
  changes: number
  apps: string
}

const defaults: Settings = {
  instanceId: '',
  title: '',
  release: '32.0.1',
  poolBytes: 0,
  accountCap: 1,
  suspended: false,
  frozenBy: '',
  changes: 0,
  apps: '',
}

export function readSettings(database: SpaceDatabase): Settings {
  const stored = new Map(database.all<{ key: string; value: string }>('SELECT key, value FROM meta').map((row) => [row.key, row.value]))
  const entries = Object.entries(defaults).map(([key, fallback]) => {
    const text = stored.get(key)
    return [key, text === undefined ? fallback : JSON.parse(text)] as const
  })
  return Object.fromEntries(entries) as unknown as Settings
}

/** Writes what differs; answers whether anything did. */
export function writeSettings(database: SpaceDatabase, wanted: Partial<Settings>): boolean {
  return database.write(() => {
    const written = Object.entries(wanted).map(([key, value]) =>
      database.run(
        'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE value <> excluded.value',
        key,
        JSON.stringify(value),
      ),
    )
    return written.some((count) => count > 0)
  })
}

export function countChange(database: SpaceDatabase): void {
  database.run("INSERT INTO meta (key, value) VALUES ('changes', '1') ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + 1")
}
