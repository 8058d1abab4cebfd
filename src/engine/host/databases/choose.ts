import type { Databases } from '../parts.ts'
import { postgresqlDatabases, type PostgresqlDeps } from './postgresql.ts'
import { sqliteDatabases, type SqliteDeps } from './sqlite.ts'

/** The kind that the configuration asks for; with `auto`, PostgreSQL where its superuser is known to this machine. */
export async function chooseDatabases(deps: PostgresqlDeps & SqliteDeps): Promise<Databases> {
  const { databaseKind, databaseAdmin } = deps.config
  const wanted = databaseKind === 'auto' ? ((await deps.users.find(databaseAdmin)) === undefined ? 'sqlite' : 'postgresql') : databaseKind
  return wanted === 'postgresql' ? postgresqlDatabases(deps) : sqliteDatabases(deps)
}
