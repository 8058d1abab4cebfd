import { constants } from 'node:fs'
import { copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { z } from 'zod'
import type { Config } from '../../../config/options.ts'
import { ChatonError, hasSystemCode } from '../../../kit/errors.ts'
import { run } from '../../../kit/exec.ts'
import { ensureDirectory, exists } from '../../../kit/files.ts'
import { randomName } from '../../../kit/random.ts'
import { openDatabase } from '../../../kit/sqlite.ts'
import { pathsOf, type HostSpace } from '../names.ts'
import type { Databases, DatabaseTemplate, SpaceProcesses } from '../parts.ts'

export interface SqliteDeps {
  readonly config: Config
  /** PHP's command line. */
  readonly php: () => Promise<string>
  readonly processes: Pick<SpaceProcesses, 'commandLineSettings'>
}

const fileName = 'nextcloud.db'
const sealedName = 'sealed.db'
const sidecars = ['-wal', '-shm', '-journal']

/**
 * One SQLite file a space, outside its limited volume. Nextcloud always puts `<dbname>.db` below the data directory, so
 * the name leads out of it. The file belongs to the space: it is only ever opened as the space's own user.
 */
export function sqliteDatabases(deps: SqliteDeps): Databases {
  const { config } = deps
  const fileOf = (space: HostSpace): string => join(space.paths.database, fileName)
  const sealedOf = (id: string): string => join(config.stateDirectory, 'golden', id, sealedName)
  const directoryOf = (id: string): string => pathsOf(config, id).database
  return {
    kind: 'sqlite',
    check: async () => await Promise.resolve([]),
    exists: async (space) => await exists(fileOf(space)),
    async isEmpty(space) {
      if (!(await exists(fileOf(space)))) return true
      return (await query(deps, space, `SELECT 1 FROM sqlite_master WHERE type = 'table' LIMIT 1`)).length === 0
    },
    async ensure(space, template) {
      await ensureDirectory(space.paths.database, { mode: 0o700, owner: space.owner })
      if (await exists(fileOf(space))) return { created: false }
      if (template !== undefined) await clone(sealedOf(template.id), fileOf(space), { space, template })
      return { created: true }
    },
    async settings(space) {
      const name = join(relative(space.data, space.paths.database), fileName.replace(/\.db$/, ''))
      return await Promise.resolve({ dbtype: 'sqlite3', dbname: name, dbtableprefix: 'oc_' })
    },
    query: async (space, sql, parameters = []) => await query(deps, space, sql, parameters),
    dump: async (space, file) => await dump(deps, space, file),
    async load(space, file) {
      await ensureDirectory(space.paths.database, { mode: 0o700, owner: space.owner })
      await clone(file, fileOf(space), { space })
    },
    async remove(id) {
      await rm(directoryOf(id), { recursive: true, force: true })
      await rm(dirname(sealedOf(id)), { recursive: true, force: true })
    },
    async list() {
      const ids = await readdir(join(config.stateDirectory, 'spaces')).catch(() => [])
      const found = await Promise.all(ids.map(async (id) => await exists(join(directoryOf(id), fileName))))
      return ids.filter((_, index) => found[index]).toSorted()
    },
    async writeCounters(ids) {
      const counted = await Promise.all(ids.map(async (id) => [id, await writeCount(join(directoryOf(id), fileName))] as const))
      return new Map(counted.flatMap(([id, count]) => (count === undefined ? [] : [[id, count] as const])))
    },
    async seal(id) {
      const file = sealedOf(id)
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      if (await exists(join(directoryOf(id), fileName))) {
        // Nobody has it open any more; what is in the log goes into the file before it is moved.
        const database = openDatabase(join(directoryOf(id), fileName), 0)
        database.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;')
        database.close()
        await rename(join(directoryOf(id), fileName), file)
      }
    },
    isSealed: async (id) => await exists(sealedOf(id)),
  }
}

/** Copied beside the target, made the space's own, then renamed: a kill leaves no half file under the name. */
async function clone(source: string, target: string, { space, template }: { space: HostSpace; template?: DatabaseTemplate }): Promise<void> {
  const work = join(space.paths.root, `${randomName()}.db`)
  try {
    await copyFile(source, work, constants.COPYFILE_FICLONE)
    const database = openDatabase(work, 0)
    try {
      database.exec(['BEGIN', ...(template?.personalise ?? []).map((line) => line.replace(/;$/, '')), 'COMMIT'].join(';\n'))
    } finally {
      database.close()
    }
    const file = await open(work, 'r+')
    try {
      await file.chmod(0o600)
      await file.chown(space.owner.uid, space.owner.gid)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(work, target)
  } finally {
    for (const end of ['', ...sidecars]) await rm(`${work}${end}`, { force: true })
  }
}

async function writeCount(file: string): Promise<string | undefined> {
  const facts = await Promise.all([file, `${file}-wal`].map(async (path) => await stat(path).catch(() => undefined)))
  if (facts[0] === undefined) return undefined
  return facts.map((fact) => (fact === undefined ? '-' : `${fact.size}.${Math.floor(fact.mtimeMs)}`)).join('/')
}

const Rows = z.array(z.array(z.union([z.string(), z.number(), z.null()]).transform((value) => (value === null ? null : String(value)))))

// Standard input: {"file", "sql", "parameters"}; standard output: rows as JSON.
const queryScript = `
$asked = json_decode(stream_get_contents(STDIN), true);
$database = new PDO('sqlite:' . $asked['file'], null, null, [PDO::ATTR_TIMEOUT => 30]);
$statement = $database->prepare($asked['sql']);
foreach ($asked['parameters'] as $at => $value) $statement->bindValue($at + 1, $value, is_int($value) ? PDO::PARAM_INT : PDO::PARAM_STR);
$statement->execute();
echo json_encode($statement->fetchAll(PDO::FETCH_NUM));
`

async function query(deps: SqliteDeps, space: HostSpace, sql: string, parameters: readonly (string | number)[] = []): Promise<(string | null)[][]> {
  const input = JSON.stringify({ file: join(space.paths.database, fileName), sql: sql.replaceAll(/\$(\d+)/g, '?$1'), parameters })
  const { stdout } = await run(await deps.php(), [...deps.processes.commandLineSettings(space), '-r', queryScript], { as: space.owner, input })
  return Rows.parse(JSON.parse(stdout))
}

/** A copy made by SQLite itself, so that it is whole while others write; fetched without following a link that the space may have put there. */
async function dump(deps: SqliteDeps, space: HostSpace, file: string): Promise<void> {
  const copy = join(space.paths.temporary, `${randomName()}.db`)
  try {
    await query(deps, space, 'VACUUM INTO $1', [copy])
    await using source = await open(copy, constants.O_RDONLY | constants.O_NOFOLLOW)
    const facts = await source.stat()
    if (!facts.isFile() || facts.uid !== space.owner.uid) throw new ChatonError('remote-failed', `${basename(copy)} is not the copy that was asked for`)
    await using target = await open(file, 'wx', 0o600)
    await target.writeFile(source.createReadStream({ autoClose: false }))
    await target.sync()
  } finally {
    await rm(copy, { force: true }).catch((error: unknown) => {
      if (!hasSystemCode(error, 'ENOENT')) throw error
    })
  }
}
