import { readdir } from 'node:fs/promises'
import type { Config } from '../../../config/options.ts'
import type { Clock } from '../../../kit/clock.ts'
import { asChatonError, ChatonError } from '../../../kit/errors.ts'
import { run } from '../../../kit/exec.ts'
import type { UnixUsers } from '../users.ts'

/** A name for SQL: quoted, whatever is in it. */
export function identifier(name: string): string {
  refuseNul(name)
  return `"${name.replaceAll('"', '""')}"`
}

/** A value for SQL. Escape strings are used where there is a backslash, so that `standard_conforming_strings` does not matter. */
export function literal(value: string | number): string {
  if (typeof value === 'number') return String(value)
  refuseNul(value)
  const quoted = `'${value.replaceAll("'", "''").replaceAll('\\', String.raw`\\`)}'`
  return value.includes('\\') ? ` E${quoted}` : quoted
}

function refuseNul(text: string): void {
  if (text.includes('\0')) throw new ChatonError('bad-input', 'a NUL character cannot be sent to PostgreSQL')
}

export type Rows = readonly (readonly (string | null)[])[]

export interface Psql {
  /** Runs a script as the database's superuser; rows of all its queries. Statements may use `\gexec` and `\connect`. */
  script(lines: readonly string[], database?: string): Promise<Rows>
  /** The `psql`, `pg_dump` or `pg_restore` to call: the binary itself where it is found, else Debian's slower wrapper. */
  program(name: 'psql' | 'pg_dump' | 'pg_restore'): Promise<string>
}

const nothing = '\u001D'

// PostgreSQL appendix A: duplicate_database, duplicate_object, unique_violation, object_in_use, internal_error ("tuple
// concurrently updated"), lock_not_available. Another session (that of a killed run, too) is at the same object.
const passing = /\b(?:42P04|42710|23505|55006|XX000|55P03)\b/
const tries = 30
const pauseMs = 200

type PsqlConfig = Pick<Config, 'databaseSocket' | 'databasePort' | 'databaseAdmin'>

/** `psql` over the Unix socket, as the operating-system user that PostgreSQL knows as superuser (peer). SQL goes by standard input. */
export function psqlDoor(config: PsqlConfig, users: Pick<UnixUsers, 'find'>, clock: Clock): Psql {
  const admin = async (): Promise<{ uid: number; gid: number }> => {
    const found = await users.find(config.databaseAdmin)
    if (found) return found
    throw new ChatonError('machine-not-ready', `this machine has no user "${config.databaseAdmin}" to manage PostgreSQL with`, {
      next: ['apt-get install postgresql', 'or set database.kind: sqlite in chaton.yaml'],
    })
  }
  const once = async (input: string, database: string): Promise<Rows> => {
    const args = ['-X', '-q', '--csv', '-t', '-P', `null=${nothing}`, '-v', 'ON_ERROR_STOP=1']
    const where = ['-h', config.databaseSocket, '-p', String(config.databasePort), '-U', config.databaseAdmin, '-d', database]
    const [program, as] = await Promise.all([findProgram('psql'), admin()])
    const { stdout } = await run(program, [...args, ...where], { input, as })
    return parseRows(stdout)
  }
  return {
    program: findProgram,
    async script(lines, database = 'postgres') {
      const input = [String.raw`\set VERBOSITY verbose`, 'SET client_min_messages = error;', ...lines, ''].join('\n')
      for (let attempt = 1; ; attempt++) {
        try {
          return await once(input, database)
        } catch (error) {
          const failure = asChatonError(error)
          if (attempt >= tries || !passing.test(failure.message)) throw explainPsql(failure, config)
          await clock.sleep(pauseMs)
        }
      }
    },
  }
}

/** Rows of CSV (RFC 4180) as psql prints it. Pure. */
export function parseRows(text: string): Rows {
  const rows: (string | null)[][] = []
  let row: (string | null)[] = []
  // A field, quoted or plain, and what ends it.
  for (const [, quoted, plain = '', end = ''] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    if (end === '' && row.length === 0) break
    const value = quoted === undefined ? plain : quoted.replaceAll('""', '"')
    row.push(value === nothing ? null : value)
    if (end === ',') continue
    rows.push(row)
    row = []
  }
  return rows
}

/** Answers that it is there, and does not want this user. What else it may say (it is starting, it is full) passes by itself. */
const unwelcome = /role ".*" does not exist|authentication failed|no pg_hba\.conf entry|is not permitted to log in/

/** What `psql` says when it cannot connect, with the settings that lead there. Other failures are left as they are. Pure. */
export function explainPsql(error: ChatonError, { databaseSocket, databasePort, databaseAdmin }: PsqlConfig): ChatonError {
  const said = /^psql: error: (?:connection to server .*? failed: )?(.*)$/m.exec(error.message)?.[1]
  if (error.code !== 'remote-failed' || said === undefined) return error
  const where = `${databaseSocket}, port ${databasePort} (database.socketDirectory, database.port)`
  const reason = said.replace(/^FATAL: +/, '')
  if (unwelcome.test(reason)) {
    return new ChatonError('machine-not-ready', `PostgreSQL at ${where} does not let the user "${databaseAdmin}" (database.adminUser) in: ${reason}`, {
      cause: error,
      next: ['set database.adminUser in chaton.yaml to the operating-system user that PostgreSQL knows as its superuser (on Debian: postgres)'],
    })
  }
  return new ChatonError('machine-not-ready', `PostgreSQL does not answer at ${where}: ${reason}`, {
    cause: error,
    retryable: said !== reason,
    next: ['pg_lsclusters shows what runs and at which port; systemctl start postgresql (or pg_ctlcluster <version> <name> start) starts it'],
  })
}

const clusters = '/usr/lib/postgresql'

async function findProgram(name: string): Promise<string> {
  const versions = await readdir(clusters).catch((): string[] => [])
  const newest = versions.filter((version) => /^\d+$/.test(version)).toSorted((a, b) => Number(b) - Number(a))[0]
  if (newest === undefined) return name
  const files = await readdir(`${clusters}/${newest}/bin`).catch((): string[] => [])
  return files.includes(name) ? `${clusters}/${newest}/bin/${name}` : name
}
