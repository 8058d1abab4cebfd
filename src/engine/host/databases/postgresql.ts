import type { Config } from '../../../config/options.ts'
import type { Clock } from '../../../kit/clock.ts'
import { asChatonError } from '../../../kit/errors.ts'
import { guardedCommand, run } from '../../../kit/exec.ts'
import { registerSecret } from '../../../kit/mask.ts'
import { randomWord } from '../../../kit/random.ts'
import type { SecretStore } from '../../../kit/secrets.ts'
import type { Finding } from '../../contract.ts'
import type { HostSpace } from '../names.ts'
import type { Databases, DatabaseTemplate } from '../parts.ts'
import type { UnixUsers } from '../users.ts'
import { identifier, literal, psqlDoor, type Psql } from './psql.ts'
import { scramVerifier } from './scram.ts'

export interface PostgresqlDeps {
  readonly config: Config
  readonly secrets: SecretStore
  readonly users: Pick<UnixUsers, 'find'>
  readonly clock: Clock
}

const ours = String.raw`^ch-[a-z0-9][a-z0-9-]*-[0-9a-f]{6}$`
const rights = 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS'
/** Databases that every PostgreSQL has and in which a space has no business. */
const common = ['postgres', 'template1']

const passwordOf = async (secrets: SecretStore, space: HostSpace): Promise<string> =>
  await secrets.getOrCreate(`space/${space.target.uid}/database`, () => randomWord(32))

/**
 * PostgreSQL over its Unix socket. Role, database and Unix user of a space bear one name, so that the stock
 * `local all all peer` of pg_hba.conf lets each in as itself; the password is for servers set to `scram-sha-256`.
 * CONNECT is taken from PUBLIC on every database of ours, and on `postgres` and `template1`: a space reaches its own only.
 */
export function postgresqlDatabases({ config, secrets, users, clock }: PostgresqlDeps): Databases {
  const psql = psqlDoor(config, users, clock)
  return {
    kind: 'postgresql',
    check: async () => await check(psql),
    async exists(space) {
      return (await psql.script([`SELECT 1 FROM pg_database WHERE datname = ${literal(space.names.database)};`])).length > 0
    },
    async isEmpty(space) {
      const tables = `SELECT 1 FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LIMIT 1;`
      return (await psql.script([tables], space.names.database)).length === 0
    },
    async ensure(space, template) {
      const verifier = registerSecret(scramVerifier(await passwordOf(secrets, space)))
      const rows = await psql.script(ensureScript(space.names.database, { verifier, template, mark: markOf(config) }))
      return { created: rows[0]?.[0] === 'new' }
    },
    async settings(space) {
      const port = config.databasePort === 5432 ? '' : `:${config.databasePort}`
      const { database } = space.names
      const dbpassword = await passwordOf(secrets, space)
      return { dbtype: 'pgsql', dbname: database, dbuser: database, dbpassword, dbhost: `${config.databaseSocket}${port}`, dbtableprefix: 'oc_' }
    },
    async query(space, sql, parameters = []) {
      const values = parameters.length === 0 ? '' : ` (${parameters.map(literal).join(', ')})`
      return await psql.script([`PREPARE asked AS ${sql};`, `EXECUTE asked${values};`], space.names.database)
    },
    dump: async (space, file) => await dump({ psql, config, space, file }),
    load: async (space, file) => await load({ psql, config, space, file }),
    async remove(id) {
      await psql.script([
        `SELECT format('ALTER DATABASE %I IS_TEMPLATE false', datname) FROM pg_database WHERE datname = ${literal(id)} AND datistemplate \\gexec`,
        `DROP DATABASE IF EXISTS ${identifier(id)} WITH (FORCE);`,
        `DROP ROLE IF EXISTS ${identifier(id)};`,
      ])
    },
    async list() {
      const mine = `shobj_description(oid, 'pg_authid') = ${literal(markOf(config))}`
      return (await psql.script([`SELECT rolname FROM pg_roles WHERE rolname ~ ${literal(ours)} AND ${mine} ORDER BY 1;`])).map(([name]) => name ?? '')
    },
    async writeCounters(ids) {
      if (ids.length === 0) return new Map()
      const rows = await psql.script([
        `SELECT datname, tup_inserted + tup_updated + tup_deleted FROM pg_stat_database WHERE datname IN (${ids.map(literal).join(', ')});`,
      ])
      return new Map(rows.map(([name, count]) => [name ?? '', count ?? '']))
    },
    async seal(id) {
      await psql.script([
        `ALTER ROLE ${identifier(id)} NOLOGIN PASSWORD NULL;`,
        `ALTER DATABASE ${identifier(id)} OWNER TO CURRENT_USER;`,
        `ALTER DATABASE ${identifier(id)} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false;`,
      ])
    },
    async isSealed(id) {
      return (await psql.script([`SELECT 1 FROM pg_database WHERE datname = ${literal(id)} AND datistemplate AND NOT datallowconn;`])).length > 0
    },
  }
}

/** Comment on the roles of one installation: another one on this machine has roles of the same shape. */
const markOf = (config: Config): string => `chaton ${config.stateDirectory}`

interface Wanted {
  readonly verifier: string
  readonly template: DatabaseTemplate | undefined
  readonly mark: string
}

/** Role, database (a clone where there is a template), rights; ends inside the new database. Each line may have run before. */
function ensureScript(id: string, { verifier, template, mark }: Wanted): string[] {
  const name = identifier(id)
  const absent = `WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = ${literal(id)})`
  const source = template === undefined ? '' : ` TEMPLATE ${identifier(template.id)} STRATEGY wal_log`
  const closed = common.map(literal).join(', ')
  return [
    `SELECT 'new' ${absent};`,
    'BEGIN;',
    `SELECT ${literal(`CREATE ROLE ${name}`)} WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(id)}) \\gexec`,
    `ALTER ROLE ${name} LOGIN ${rights} PASSWORD ${literal(verifier)};`,
    `COMMENT ON ROLE ${name} IS ${literal(mark)};`,
    'COMMIT;',
    `SELECT ${literal(`CREATE DATABASE ${name} OWNER ${name}${source}`)} ${absent} \\gexec`,
    `REVOKE ALL ON DATABASE ${name} FROM PUBLIC;`,
    // A null ACL is the built-in one, which lets PUBLIC connect; "=…c" is PUBLIC's own entry.
    `SELECT format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', datname) FROM pg_database WHERE datname IN (${closed})`,
    `AND (datacl IS NULL OR datacl::text ~ '[{,]=[A-Za-z]*c') \\gexec`,
    ...(template === undefined ? [] : [`\\connect ${name}`, 'BEGIN;', `REASSIGN OWNED BY ${identifier(template.id)} TO ${name};`, ...template.personalise, 'COMMIT;']),
  ]
}

async function check(psql: Psql): Promise<readonly Finding[]> {
  try {
    const rows = await psql.script([
      `SELECT 'version', current_setting('server_version_num');`,
      `SELECT 'super', rolsuper::text FROM pg_roles WHERE rolname = CURRENT_USER;`,
      `SELECT 'open', datname FROM pg_database WHERE datallowconn AND (datacl IS NULL OR datacl::text ~ '[{,]=[A-Za-z]*c') AND datname NOT IN (${common.map(literal).join(', ')}) AND datname !~ ${literal(ours)} ORDER BY 2;`,
    ])
    return findingsOf(rows)
  } catch (error) {
    const { message, next } = asChatonError(error)
    return [{ code: 'database-unreachable', severity: 'error', message, ...(next.length === 0 ? {} : { fix: next.join('; ') }) }]
  }
}

const oldestVersion = 150_000

function findingsOf(rows: readonly (readonly (string | null)[])[]): Finding[] {
  const value = (key: string): string | null | undefined => rows.find(([name]) => name === key)?.[1]
  const open = rows.filter(([name]) => name === 'open').map(([, database]) => database ?? '')
  const findings: Finding[] = []
  if (Number(value('version')) < oldestVersion) {
    findings.push({ code: 'database-old', severity: 'error', message: `PostgreSQL ${value('version')} is too old; 15 or newer is needed`, fix: 'apt-get install postgresql' })
  }
  if (value('super') !== 'true') {
    findings.push({ code: 'database-rights', severity: 'error', message: 'the database user of chaton (database.adminUser) is not a superuser of PostgreSQL' })
  }
  if (open.length > 0) {
    findings.push({
      code: 'database-open',
      severity: 'warning',
      message: `every role of this PostgreSQL, those of spaces too, may connect to: ${open.join(', ')}`,
      fix: `sudo -u postgres psql -c 'REVOKE CONNECT ON DATABASE ${open.map(identifier).join(', ')} FROM PUBLIC'`,
    })
  }
  return findings
}

interface Transfer {
  readonly psql: Psql
  readonly config: Config
  readonly space: HostSpace
  readonly file: string
}

const connection = ({ config, space }: Transfer): string[] => [
  '--no-password', '-h', config.databaseSocket, '-p', String(config.databasePort), '-U', space.names.database, '-d', space.names.database,
]

/** Custom format, as the space's own role. The file is opened by us, so that its folder may be closed to the space. */
async function dump(transfer: Transfer): Promise<void> {
  const args = ['--format=custom', '--no-owner', '--no-privileges', ...connection(transfer)]
  const [command, commandArgs] = guardedCommand(await transfer.psql.program('pg_dump'), args, transfer.space.owner)
  await run('sh', ['-c', 'umask 077; exec "$@" > "$FILE"', 'sh', command, ...commandArgs], { env: { FILE: transfer.file } })
}

/** As the space's own role: what is in the file runs with no other rights. */
async function load(transfer: Transfer): Promise<void> {
  const args = ['--no-owner', '--no-privileges', '--exit-on-error', '--single-transaction', ...connection(transfer)]
  const [command, commandArgs] = guardedCommand(await transfer.psql.program('pg_restore'), args, transfer.space.owner)
  await run('sh', ['-c', 'exec "$@" < "$FILE"', 'sh', command, ...commandArgs], { env: { FILE: transfer.file } })
}
