import type { SpaceDatabase } from './database.ts'

export interface AccountBytes {
  readonly uid: string
  readonly files: number
  readonly trash: number
  readonly uploads: number
  readonly versions: number
}

/** Bytes of each account, from the sizes that every write keeps up to date. */
export function usageByAccount(database: SpaceDatabase): AccountBytes[] {
  return database.all<AccountBytes>(`
    SELECT accounts.uid,
      coalesce((SELECT size FROM nodes WHERE parent = 0 AND nodes.uid = accounts.uid AND name = 'files'), 0) AS files,
      coalesce((SELECT size FROM nodes WHERE parent = 0 AND nodes.uid = accounts.uid AND name = 'files_trashbin'), 0) AS trash,
      coalesce((SELECT size FROM nodes WHERE parent = 0 AND nodes.uid = accounts.uid AND name = 'uploads'), 0) AS uploads,
      coalesce((SELECT sum(size) FROM versions WHERE versions.uid = accounts.uid), 0) AS versions
    FROM accounts ORDER BY uid`)
}

/** Everything that counts against the pool. */
export function totalBytes(database: SpaceDatabase): number {
  return (
    database.get<{ n: number }>(
      'SELECT (SELECT coalesce(sum(size), 0) FROM nodes WHERE parent = 0) + (SELECT coalesce(sum(size), 0) FROM versions) AS n',
    )?.n ?? 0
  )
}
