import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HostSpace } from '../../../src/engine/host/names.ts'
import { HostProcesses, unitNames } from '../../../src/engine/host/processes/processes.ts'
import { unixUsers } from '../../../src/engine/host/users.ts'
import { OwnSupervisor } from '../../../src/engine/host/supervisor/own.ts'
import { systemClock } from '../../../src/kit/clock.ts'
import { run } from '../../../src/kit/exec.ts'
import { ensureDirectory } from '../../../src/kit/files.ts'
import { exampleSpace } from '../../engine/host/processes/example-space.ts'

/** OPcache does not keep files that are younger than two seconds. */
const longAgo = new Date('2024-01-01T00:00:00Z')

export const secretOf = (space: HostSpace): string => `secret-of-${space.names.id}`

/** Two spaces with everything that is worth stealing, over a small release tree. Needs root and PostgreSQL. */
export async function neighbours(redis: 'on' | 'off' = 'on') {
  const state = await mkdtemp(join(tmpdir(), 'chaton-isolation-'))
  await chmod(state, 0o711)
  const users = unixUsers({ stateDirectory: state }, systemClock)
  const supervisor = new OwnSupervisor({ directory: join(state, 'units'), clock: systemClock })
  const releasesDirectory = join(state, 'releases')
  const release = join(releasesDirectory, '1.0.0')
  await mkdir(join(release, 'apps'), { recursive: true })
  await writeFile(join(release, 'index.php'), '<?php echo "release";')
  const processes = new HostProcesses({ config: { releasesDirectory, redis }, supervisor })

  const make = async (slug: string): Promise<HostSpace> => {
    const draft = exampleSpace(state, slug, { release })
    const owner = await users.ensure(draft.names.id)
    const space = { ...draft, owner }
    await ensureDirectory(space.paths.root, { mode: 0o711 })
    await ensureDirectory(space.paths.config, { mode: 0o750, owner: { uid: 0, gid: owner.gid } })
    const config = join(space.paths.config, 'config.php')
    await writeFile(config, `<?php $CONFIG = ['secret' => '${secretOf(space)}'];`)
    await chmod(config, 0o640)
    await run('chown', [`0:${owner.gid}`, config])
    await utimes(config, longAgo, longAgo)
    await ensureDirectory(join(state, 'volumes', space.names.id), { mode: 0o700, owner })
    await ensureDirectory(space.data, { mode: 0o700, owner })
    await writeFile(join(space.data, 'letter.txt'), secretOf(space))
    await run('chown', [String(owner.uid), join(space.data, 'letter.txt')])
    await sql(`CREATE ROLE "${space.names.id}" LOGIN; CREATE DATABASE "${space.names.id}" OWNER "${space.names.id}"; REVOKE CONNECT ON DATABASE "${space.names.id}" FROM PUBLIC;`)
    await sql(`CREATE TABLE secrets (word text); INSERT INTO secrets VALUES ('${secretOf(space)}'); ALTER TABLE secrets OWNER TO "${space.names.id}";`, space.names.id)
    await processes.ensure(space)
    for (const script of ['attack.php', 'live.php']) {
      const copy = join(space.paths.temporary, script)
      await copyFile(join(import.meta.dirname, script), copy)
      await chmod(copy, 0o644)
      await utimes(copy, longAgo, longAgo)
    }
    return space
  }

  const remove = async (space: HostSpace): Promise<void> => {
    await processes.stop(space)
    await sql(`DROP DATABASE IF EXISTS "${space.names.id}" WITH (FORCE)`)
    await sql(`DROP ROLE IF EXISTS "${space.names.id}"`)
    await users.remove(space.names.id)
  }

  const slugs = [`thief-${process.pid}`, `victim-${process.pid}`] as const
  const drafts = slugs.map((slug) => exampleSpace(state, slug))
  const dispose = async (): Promise<void> => {
    await supervisor.stop('caddy')
    for (const draft of drafts) await remove(draft)
    await rm(state, { recursive: true, force: true })
  }
  try {
    const thief = await make(slugs[0])
    const victim = await make(slugs[1])
    return { state, release, supervisor, processes, thief, victim, dispose, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

export type Neighbours = Awaited<ReturnType<typeof neighbours>>

async function sql(statements: string, database = 'postgres'): Promise<void> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((entry) => entry.startsWith('postgres:'))
  const [, , uid, gid] = (line ?? '').split(':')
  // One statement a line: CREATE DATABASE cannot be part of a transaction.
  await run('psql', ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', `--dbname=${database}`], { input: statements.replaceAll('; ', ';\n'), as: { uid: Number(uid), gid: Number(gid) } })
}

/** What the attack has to know of a space; all of it can be guessed from names. */
export async function placesOf({ state }: Pick<Neighbours, 'state'>, space: HostSpace) {
  const { paths, names } = space
  const [, statLine] = (await readFile(join(state, 'units', `${unitNames(names.id).php}.pid`), 'utf8')).split('\n')
  return {
    id: names.id,
    config: join(paths.config, 'config.php'),
    data: space.data,
    temporary: paths.temporary,
    log: paths.log,
    apps: paths.apps,
    phpSocket: paths.phpSocket,
    redisSocket: paths.redisSocket,
    processConfig: join(paths.processes, 'php-fpm.conf'),
    pid: Number((statLine ?? '').split(' ')[0]),
  }
}
