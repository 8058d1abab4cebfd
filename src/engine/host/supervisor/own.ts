import { createHash } from 'node:crypto'
import { readdir, realpath, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../../kit/clock.ts'
import { ChatonError } from '../../../kit/errors.ts'
import { rightsArguments, spawnDetached } from '../../../kit/exec.ts'
import { ensureDirectory, exists, readTextIfExists, writeFileAtomic } from '../../../kit/files.ts'
import { mask } from '../../../kit/mask.ts'
import type { ProcessUnit, Supervisor } from '../parts.ts'
import { bootId, holdersOf, parseStat, signalProcess, statOf } from './proc.ts'
import { answers, assertSocketLength } from './socket.ts'

/** What we know of a unit: the first line of its `.pid` file. The second is /proc/<pid>/stat as the process wrote it. */
interface Told {
  readonly command: string
  readonly fingerprint: string
  readonly socket: string
  readonly stopSignal: 'SIGQUIT' | 'SIGTERM'
  readonly boot: string
}

interface RunRecord {
  readonly told: Told
  readonly statLine: string
  readonly pid: number
  readonly startTime: string
}

interface UnitFiles {
  readonly lock: string
  readonly pid: string
  readonly log: string
}

export interface OwnSupervisorOptions {
  /** Pid files, locks and output of the processes; root, 0700. */
  readonly directory: string
  readonly clock: Clock
  /** Between asking to end and SIGKILL. Default 15 s. */
  readonly graceMs?: number
  /** Until the socket answers. Default 15 s. */
  readonly startMs?: number
}

/** Descriptor of the lock in the started process and all its children. */
const lockDescriptor = 9
const heldByAnother = 75
/** For children that have lost their master. */
const orphanGraceMs = 1000

/**
 * Takes the lock, writes its own pid and start time, then becomes the program. The lock stays with the program and its
 * children for as long as one of them lives, so that a second copy cannot start and none is lost, whenever we are killed.
 */
const startScript = `umask 077
exec ${lockDescriptor}<"$1" || exit 74
flock -n ${lockDescriptor} || exit ${heldByAnother}
case "$3" in /*) rm -f -- "$3" ;; esac
read -r stat <"/proc/$$/stat"
printf '%s\\n%s\\n' "$4" "$stat" >"$2.new" && mv -f -- "$2.new" "$2" || exit 74
shift 4
exec "$@"`

/** Rights of the program: its own user, no way to gain any, at most ports below 1024. */
function rightsOf(unit: ProcessUnit): string[] {
  const capability = unit.lowPorts === true ? '-all,+net_bind_service' : '-all'
  const capabilities = [`--inh-caps=${capability}`, `--ambient-caps=${capability}`, `--bounding-set=${capability}`]
  return ['setpriv', ...rightsArguments(unit.owner), '--no-new-privs', ...capabilities, '--']
}

/** Moves with everything that only a restart can change. */
export function commandMark(unit: ProcessUnit): string {
  const { command, args, owner, socket, environment, lowPorts } = unit
  const parts = JSON.stringify([command, args, owner.uid, owner.gid, socket, Object.entries(environment ?? {}).toSorted(([a], [b]) => a.localeCompare(b)), lowPorts ?? false])
  return createHash('sha256').update(parts).digest('hex')
}

/** Supervisor for machines without systemd: detached processes, found again by pid file, start time and lock. */
export class OwnSupervisor implements Supervisor {
  readonly kind = 'own'
  readonly #options: OwnSupervisorOptions

  constructor(options: OwnSupervisorOptions) {
    this.#options = options
  }

  async ensure(unit: ProcessUnit): Promise<{ started: boolean; reloaded: boolean }> {
    assertSocketLength(unit.socket)
    await ensureDirectory(this.#options.directory, { mode: 0o700 })
    for (let attempt = 1; attempt <= 3; attempt++) {
      const record = await this.#settledRecord(unit.name)
      if (record && (await isAlive(record)) && record.told.command === commandMark(unit)) {
        const reloaded = await this.#takeIn(unit, record)
        const serves = reloaded !== undefined && (await this.#waitUntil(async () => !(await isAlive(record)) || (await answers(unit.socket))))
        if (serves && (await isAlive(record))) return { started: false, reloaded }
      }
      await this.stop(unit.name)
      if (await this.#start(unit)) return { started: true, reloaded: false }
    }
    throw new ChatonError('remote-failed', `${unit.description} (${unit.name}) does not stay up: another run keeps changing it`, { retryable: true })
  }

  async reload(unit: ProcessUnit): Promise<void> {
    const record = await this.#record(unit.name)
    if (record && unit.reloadSignal !== undefined && (await isAlive(record))) signalProcess(record.pid, unit.reloadSignal)
  }

  async stop(name: string): Promise<void> {
    const files = await this.#files(name)
    const record = await this.#record(name)
    if (!record && !(await exists(files.lock))) return
    if (!(await this.#end(record, files.lock))) {
      const left = (await holdersOf(files.lock, lockDescriptor)).join(', ')
      throw new ChatonError('remote-failed', `the process ${left} of ${name} does not end, not even by SIGKILL`, { retryable: true })
    }
    if (record?.told.socket.startsWith('/')) await rm(record.told.socket, { force: true })
    for (const file of [files.pid, files.log, files.lock]) await rm(file, { force: true })
  }

  /** Asks the master to end, then what is left of its children; then kills. True when all are gone. */
  async #end(record: RunRecord | undefined, lock: string): Promise<boolean> {
    const masterLives = async (): Promise<boolean> => record !== undefined && (await isAlive(record))
    const living = async (): Promise<number[]> => {
      const holders = await holdersOf(lock, lockDescriptor)
      return record && (await masterLives()) ? [...new Set([record.pid, ...holders])] : holders
    }
    const ended = async (): Promise<boolean> => (await living()).length === 0
    if (record && (await masterLives())) {
      signalProcess(record.pid, record.told.stopSignal)
      await this.#waitUntil(async () => !(await masterLives()), this.#options.graceMs)
    }
    if (await ended()) return true
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      for (const pid of await living()) signalProcess(pid, signal)
      if (await this.#waitUntil(ended, signal === 'SIGTERM' ? orphanGraceMs : undefined)) return true
    }
    return false
  }

  async isRunning(name: string): Promise<boolean> {
    const record = await this.#record(name)
    return record !== undefined && (await isAlive(record))
  }

  async list(): Promise<readonly string[]> {
    if (!(await exists(this.#options.directory))) return []
    const files = await readdir(this.#options.directory)
    return [...new Set(files.filter((file) => /\.(pid|lock)$/.test(file)).map((file) => file.replace(/\.(pid|lock)$/, '')))].toSorted()
  }

  /** True when it serves; false when another run has started it first. */
  async #start(unit: ProcessUnit): Promise<boolean> {
    const files = await this.#files(unit.name)
    await writeFile(files.lock, '', { flag: 'a', mode: 0o600 })
    const told: Told = {
      command: commandMark(unit),
      fingerprint: unit.fingerprint ?? '',
      socket: unit.socket,
      stopSignal: unit.stopSignal ?? 'SIGTERM',
      boot: await bootId(),
    }
    const script = ['-c', startScript, 'chaton', files.lock, files.pid, unit.socket, JSON.stringify(told)]
    const pid = await spawnDetached('sh', [...script, ...rightsOf(unit), unit.command, ...unit.args], {
      logFile: files.log,
      ...(unit.environment === undefined ? {} : { env: unit.environment }),
    })
    let ended = false
    const serves = await this.#waitUntil(async () => {
      if ((await this.#record(unit.name))?.pid === pid && (await answers(unit.socket))) return true
      ended = (await statOf(pid)) === undefined
      return ended
    })
    if (serves && !ended) return true
    const record = await this.#settledRecord(unit.name)
    if (record && record.pid !== pid && (await isAlive(record))) return false
    throw await this.#failure(unit, ended)
  }

  async #failure(unit: ProcessUnit, ended: boolean): Promise<ChatonError> {
    const { log } = await this.#files(unit.name)
    const output = mask(((await readTextIfExists(log)) ?? '').trim().split('\n').slice(-12).join('\n'))
    await this.stop(unit.name)
    const missing = /setpriv: failed to execute (.*): No such file/.exec(output)
    if (missing) return new ChatonError('machine-not-ready', `the program "${unit.command}" is not installed on this machine`, { next: ['chaton doctor names the package that has it'] })
    const how = ended ? 'ended at once' : `does not answer at ${unit.socket}`
    return new ChatonError('remote-failed', `${unit.description} (${unit.name}) ${how}${output === '' ? '' : `:\n${output}`}`)
  }

  /** Reloads where the fingerprint moved. `undefined`: that cannot be done, it has to be restarted. */
  async #takeIn(unit: ProcessUnit, record: RunRecord): Promise<boolean | undefined> {
    const fingerprint = unit.fingerprint ?? ''
    if (record.told.fingerprint === fingerprint) return false
    if (unit.reloadSignal === undefined) return undefined
    signalProcess(record.pid, unit.reloadSignal)
    const told: Told = { ...record.told, fingerprint }
    await writeFileAtomic((await this.#files(unit.name)).pid, `${JSON.stringify(told)}\n${record.statLine}\n`, { mode: 0o600 })
    return true
  }

  /** The record; where another run is just starting the unit (lock held, nothing written yet), that is waited for. */
  async #settledRecord(name: string): Promise<RunRecord | undefined> {
    let record = await this.#record(name)
    const { lock } = await this.#files(name)
    if (record || !(await exists(lock))) return record
    await this.#waitUntil(async () => {
      record = await this.#record(name)
      return record !== undefined || (await holdersOf(lock, lockDescriptor)).length === 0
    }, 2000)
    return record
  }

  async #record(name: string): Promise<RunRecord | undefined> {
    const text = await readTextIfExists((await this.#files(name)).pid)
    const [told, statLine] = (text ?? '').split('\n')
    const stat = parseStat(statLine ?? '')
    if (!told || statLine === undefined || !stat) return undefined
    return { told: JSON.parse(told) as Told, statLine, pid: stat.pid, startTime: stat.startTime }
  }

  async #files(name: string): Promise<UnitFiles> {
    const given = this.#options.directory
    const directory = (await exists(given)) ? await realpath(given) : given
    return { lock: join(directory, `${name}.lock`), pid: join(directory, `${name}.pid`), log: join(directory, `${name}.log`) }
  }

  async #waitUntil(condition: () => Promise<boolean>, timeoutMs = this.#options.startMs ?? 15_000): Promise<boolean> {
    const { clock } = this.#options
    const end = clock.now().getTime() + timeoutMs
    for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 1.5, 100)) {
      if (await condition()) return true
      if (clock.now().getTime() >= end) return false
      await clock.sleep(pauseMs)
    }
  }
}

async function isAlive(record: RunRecord): Promise<boolean> {
  if (record.told.boot !== (await bootId())) return false
  return (await statOf(record.pid))?.startTime === record.startTime
}
