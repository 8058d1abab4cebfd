import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Config } from '../../../config/options.ts'
import { ChatonError } from '../../../kit/errors.ts'
import { hasProgram } from '../../../kit/exec.ts'
import { ensureDirectory, readTextIfExists, writeFileAtomic } from '../../../kit/files.ts'
import type { StepResult } from '../../contract.ts'
import type { HostSpace } from '../names.ts'
import type { ProcessUnit, SpaceProcesses, Supervisor } from '../parts.ts'
import { plainPath, renderHostTemplate } from '../template.ts'
import { webUser } from '../web-user.ts'
import { commandLineSettings, disabledInFpm, openBasedir } from './fence.ts'
import { connectionsTo, masterOf } from './master.ts'
import { findPhp, type PhpBinaries } from './php-binary.ts'

/** Of master and workers. Those that have served hold OPcache and heap; fresh ones are far below. */
const worthRestingBytes = 24 * 1024 * 1024

export interface HostProcessesOptions {
  readonly config: Pick<Config, 'releasesDirectory' | 'redis'>
  readonly supervisor: Supervisor
  readonly php?: () => Promise<PhpBinaries>
}

/** Names of the two units of a space. */
export const unitNames = (id: string): { readonly php: string; readonly redis: string } => ({ php: `${id}.php`, redis: `${id}.redis` })

/** PHP-FPM and Redis of each space, under the space's own user: decision record 0002. */
export class HostProcesses implements SpaceProcesses {
  readonly #options: HostProcessesOptions
  /** What each space had worked when {@link rest} last looked. */
  readonly #work = new Map<string, string>()

  constructor(options: HostProcessesOptions) {
    this.#options = options
  }

  async ensure(space: HostSpace): Promise<StepResult> {
    const { supervisor } = this.#options
    await this.#directories(space)
    const units = [await this.#phpUnit(space)]
    if (await this.redis()) units.push(await this.#redisUnit(space))
    else await supervisor.stop(unitNames(space.names.id).redis)
    const results = await Promise.all(units.map((unit) => supervisor.ensure(unit)))
    const changed = results.some((result) => result.started || result.reloaded)
    return { changed, ...(changed ? { note: results.some((result) => result.started) ? 'started' : 'reloaded' } : {}) }
  }

  async ensureRedis(space: HostSpace): Promise<void> {
    if (!(await this.redis())) return
    await this.#directories(space)
    await this.#options.supervisor.ensure(await this.#redisUnit(space))
  }

  async stop(space: HostSpace): Promise<void> {
    const names = unitNames(space.names.id)
    await this.#options.supervisor.stop(names.php)
    await this.#options.supervisor.stop(names.redis)
  }

  async isRunning(space: HostSpace): Promise<boolean> {
    return this.#options.supervisor.isRunning(unitNames(space.names.id).php)
  }

  async rest(space: HostSpace): Promise<boolean> {
    const unit = await this.#phpUnit(space)
    const master = await masterOf(join(space.paths.processes, 'php-fpm.conf'), space.owner.uid)
    const before = this.#work.get(unit.name)
    this.#work.set(unit.name, master?.work ?? '')
    if (!master || master.residentBytes < worthRestingBytes || (await connectionsTo(space.paths.phpSocket)) > 0) return false
    if (before !== undefined && before !== master.work) return false
    await this.#options.supervisor.reload(unit)
    return true
  }

  commandLineSettings(space: HostSpace): readonly string[] {
    return commandLineSettings(space, this.#options.config)
  }

  async redis(): Promise<boolean> {
    const wanted = this.#options.config.redis
    if (wanted === 'off') return false
    const installed = await hasProgram('redis-server')
    if (wanted === 'on' && !installed) {
      throw new ChatonError('machine-not-ready', 'the setting "redis" is "on", but redis-server is not installed', {
        next: ['apt-get install redis-server', 'or set "redis" to "auto" in chaton.yaml: locks are then kept in the database'],
      })
    }
    return installed
  }

  /** Rights as `HostPaths` says. The web server's group may enter `run`, nobody else. */
  async #directories({ paths, owner }: HostSpace): Promise<void> {
    const web = await webUser()
    await ensureDirectory(paths.root, { mode: 0o711, owner: { uid: 0, gid: 0 } })
    await ensureDirectory(paths.run, { mode: 0o710, owner: { uid: owner.uid, gid: web.gid } })
    await ensureDirectory(paths.log, { mode: 0o700, owner })
    await ensureDirectory(paths.temporary, { mode: 0o700, owner })
    await ensureDirectory(paths.apps, { mode: 0o755, owner: { uid: 0, gid: 0 } })
    await ensureDirectory(paths.processes, { mode: 0o750, owner: { uid: 0, gid: owner.gid } })
  }

  async #phpUnit(space: HostSpace): Promise<ProcessUnit> {
    const { paths, owner, target } = space
    const { fpm } = await (this.#options.php ?? findPhp)()
    const settings = {
      id: space.names.id,
      socket: plainPath(paths.phpSocket),
      logDirectory: plainPath(paths.log),
      temporary: plainPath(paths.temporary),
      config: plainPath(paths.config),
      release: plainPath(space.release),
      blacklist: join(paths.processes, 'opcache-blacklist'),
      openBasedir: openBasedir(space, this.#options.config),
      disableFunctions: disabledInFpm.join(','),
      workers: target.php.workers,
      spareWorkers: Math.min(2, target.php.workers),
      memoryBytes: target.php.memoryBytes,
      uploadMaxBytes: target.php.uploadMaxBytes,
    }
    const poolFile = join(paths.processes, 'php-fpm.conf')
    const iniDirectory = join(paths.processes, 'php.d')
    await ensureDirectory(iniDirectory, { mode: 0o750, owner: { uid: 0, gid: owner.gid } })
    const fingerprint = await this.#write(space, {
      [poolFile]: await renderHostTemplate('php-fpm.conf.hbs', settings),
      [join(iniDirectory, 'space.ini')]: await renderHostTemplate('php.ini.hbs', settings),
      [settings.blacklist]: `${paths.config}/\n`,
    })
    return {
      name: unitNames(space.names.id).php,
      description: `PHP of the space ${target.slug}`,
      command: fpm,
      args: ['--nodaemonize', '--fpm-config', poolFile, '--php-ini', join(iniDirectory, 'space.ini')],
      // The empty first entry is the compiled-in directory, where Debian's modules are switched on; ours is read last.
      environment: { PHP_INI_SCAN_DIR: `:${iniDirectory}`, HOME: paths.temporary, TMPDIR: paths.temporary },
      owner,
      socket: paths.phpSocket,
      fingerprint,
      reloadSignal: 'SIGUSR2',
      stopSignal: 'SIGQUIT',
      writable: [paths.run, paths.log, paths.temporary, paths.database, space.data],
    }
  }

  async #redisUnit(space: HostSpace): Promise<ProcessUnit> {
    const { paths, owner, target } = space
    const file = join(paths.processes, 'redis.conf')
    const values = { socket: plainPath(paths.redisSocket), logDirectory: plainPath(paths.log), temporary: plainPath(paths.temporary) }
    const fingerprint = await this.#write(space, { [file]: await renderHostTemplate('redis.conf.hbs', values) })
    return {
      name: unitNames(space.names.id).redis,
      description: `Redis of the space ${target.slug}`,
      command: '/usr/bin/redis-server',
      args: [file],
      owner,
      socket: paths.redisSocket,
      fingerprint,
      network: false,
      writable: [paths.run, paths.log, paths.temporary],
    }
  }

  /** Writes what differs, readable by the space's group; answers a fingerprint of it all. */
  async #write({ owner }: HostSpace, files: Readonly<Record<string, string>>): Promise<string> {
    const hash = createHash('sha256')
    for (const [path, text] of Object.entries(files)) {
      if ((await readTextIfExists(path)) !== text) await writeFileAtomic(path, text, { mode: 0o640, owner: { uid: 0, gid: owner.gid } })
      hash.update(`${path}\0${text}\0`)
    }
    return hash.digest('hex')
  }
}
