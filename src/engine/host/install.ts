import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ChatonError } from '../../kit/errors.ts'
import { run } from '../../kit/exec.ts'
import { ensureDirectory, writeFileAtomic } from '../../kit/files.ts'
import { randomName, randomWord } from '../../kit/random.ts'
import { configPhp } from './config-php.ts'
import type { HostSpace } from './names.ts'
import type { Databases, SpaceProcesses } from './parts.ts'

export interface InstallDeps {
  readonly databases: Databases
  readonly php: () => Promise<string>
  readonly processes: Pick<SpaceProcesses, 'commandLineSettings'>
}

/**
 * Installs Nextcloud into the empty database and data directory of a space, without any account. Nextcloud writes its
 * own config.php while it installs: into a folder of its own that is thrown away; only the instance id given here stays.
 */
export async function installNextcloud({ databases, php, processes }: InstallDeps, space: HostSpace, instanceId: string): Promise<void> {
  const config = join(space.paths.temporary, `install-${randomName()}`)
  await ensureDirectory(config, { mode: 0o700, owner: space.owner })
  try {
    const settings = {
      instanceid: instanceId,
      apps_paths: [{ path: `${space.release}/apps`, url: '/apps', writable: false }],
      appstoreenabled: false,
      updatechecker: false,
      has_internet_connection: false,
      skeletondirectory: '',
      tempdirectory: space.paths.temporary,
      logfile: join(space.paths.log, 'install.log'),
    }
    await writeFileAtomic(join(config, 'config.php'), configPhp(settings), { mode: 0o600, owner: space.owner })
    const { dbtype, dbname, dbuser = '', dbpassword = '', dbhost = '' } = await databases.settings(space)
    const options = { dbtype: dbtype === 'sqlite3' ? 'sqlite' : dbtype, dbname, dbuser, dbpass: dbpassword, dbhost, directory: space.data }
    const mark = randomWord(12)
    const args = [...processes.commandLineSettings(space), join(space.paths.config, 'install.php'), space.release, mark]
    const { stdout } = await run(await php(), args, {
      as: space.owner,
      cwd: space.release,
      env: { NEXTCLOUD_CONFIG_DIR: config },
      input: JSON.stringify(options),
    })
    expectSuccess(stdout, mark, space)
  } finally {
    await rm(config, { recursive: true, force: true })
  }
}

function expectSuccess(stdout: string, mark: string, space: HostSpace): void {
  const answer = stdout.split('\n').find((line) => line.startsWith(mark))
  const errors = answer === undefined ? [`it ended early: ${stdout.trim().slice(-500)}`] : z.array(z.string()).parse(JSON.parse(answer.slice(mark.length)))
  if (errors.length === 0) return
  throw new ChatonError('remote-failed', `Nextcloud ${space.target.release} could not be installed for "${space.target.slug}": ${errors.join('; ')}`, {
    next: [`its own log is ${join(space.paths.log, 'install.log')}`],
  })
}

/** Empties the data directory of a space whose install was cut short. */
export async function clearInstallRemains(space: HostSpace): Promise<void> {
  for (const name of await readdir(space.data).catch(() => [])) await rm(join(space.data, name), { recursive: true, force: true })
}
