import { createHash } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../../kit/clock.ts'
import { ChatonError } from '../../../kit/errors.ts'
import { run } from '../../../kit/exec.ts'
import { exists, readTextIfExists, writeFileAtomic } from '../../../kit/files.ts'
import type { ProcessUnit, Supervisor } from '../parts.ts'
import { answers, assertSocketLength } from './socket.ts'
import { unitText } from './unit-text.ts'

export interface SystemdSupervisorOptions {
  /** What of each unit has taken effect; root, 0700. */
  readonly directory: string
  readonly clock: Clock
  /** Default /etc/systemd/system. */
  readonly unitDirectory?: string
  /** Search path for `systemctl`. */
  readonly path?: string
  /** Until the socket answers. Default 15 s. */
  readonly startMs?: number
}

/** Written last: whatever was interrupted before is done again. */
interface Applied {
  readonly unit: string
  readonly fingerprint: string
  readonly socket: string
}

const prefix = 'chaton-'
const suffix = '.service'

/** Supervisor for machines that run systemd: one unit `chaton-<name>.service` each, enabled, so that a reboot brings it back. */
export class SystemdSupervisor implements Supervisor {
  readonly kind = 'systemd'
  readonly #options: SystemdSupervisorOptions

  constructor(options: SystemdSupervisorOptions) {
    this.#options = options
  }

  async ensure(unit: ProcessUnit): Promise<{ started: boolean; reloaded: boolean }> {
    assertSocketLength(unit.socket)
    const text = unitText(unit)
    const wanted: Applied = { unit: createHash('sha256').update(text).digest('hex'), fingerprint: unit.fingerprint ?? '', socket: unit.socket }
    const applied = await this.#applied(unit.name)
    const fileChanged = (await readTextIfExists(this.#unitFile(unit.name))) !== text
    if (fileChanged) await writeFileAtomic(this.#unitFile(unit.name), text)
    if (fileChanged || applied?.unit !== wanted.unit) await this.#systemctl('daemon-reload')
    const verb = verbFor({ running: await this.isRunning(unit.name), applied, wanted, reloads: unit.reloadSignal !== undefined })
    if (verb === 'start') {
      await this.#systemctl('enable', this.#service(unit.name))
      await run('systemctl', ['reset-failed', this.#service(unit.name)], { ...this.#environment(), accept: [0, 1, 5] })
    }
    if (verb !== 'none') await this.#systemctl(verb, this.#service(unit.name))
    await this.#waitForSocket(unit)
    if (verb !== 'none') await writeFileAtomic(this.#appliedFile(unit.name), JSON.stringify(wanted), { mode: 0o600 })
    return { started: verb === 'start' || verb === 'restart', reloaded: verb === 'reload' }
  }

  async reload(unit: ProcessUnit): Promise<void> {
    if (unit.reloadSignal !== undefined && (await this.isRunning(unit.name))) await this.#systemctl('reload', this.#service(unit.name))
  }

  async stop(name: string): Promise<void> {
    const applied = await this.#applied(name)
    if (await exists(this.#unitFile(name))) {
      await this.#systemctl('disable', '--now', this.#service(name))
      await run('systemctl', ['reset-failed', this.#service(name)], { ...this.#environment(), accept: [0, 1, 5] })
      await rm(this.#unitFile(name), { force: true })
      await this.#systemctl('daemon-reload')
    }
    if (applied?.socket.startsWith('/')) await rm(applied.socket, { force: true })
    await rm(this.#appliedFile(name), { force: true })
  }

  async isRunning(name: string): Promise<boolean> {
    // systemctl(1): is-active exits 0 only for an active unit; 3 and 4 are inactive and unknown.
    const result = await run('systemctl', ['is-active', '--quiet', this.#service(name)], { ...this.#environment(), accept: [0, 1, 3, 4] })
    return result.exitCode === 0
  }

  async list(): Promise<readonly string[]> {
    const files = await readdir(this.#unitDirectory())
    return files.filter((file) => file.startsWith(prefix) && file.endsWith(suffix)).map((file) => file.slice(prefix.length, -suffix.length)).toSorted()
  }

  async #waitForSocket(unit: ProcessUnit): Promise<void> {
    const { clock, startMs } = this.#options
    const end = clock.now().getTime() + (startMs ?? 15_000)
    while (!(await answers(unit.socket))) {
      if (clock.now().getTime() >= end) {
        throw new ChatonError('remote-failed', `${unit.description} (${this.#service(unit.name)}) does not answer at ${unit.socket}`, {
          next: [`journalctl -u ${this.#service(unit.name)} says why`],
        })
      }
      await clock.sleep(10)
    }
  }

  async #applied(name: string): Promise<Applied | undefined> {
    const text = await readTextIfExists(this.#appliedFile(name))
    return text === undefined ? undefined : (JSON.parse(text) as Applied)
  }

  async #systemctl(...args: readonly string[]): Promise<void> {
    await run('systemctl', args, this.#environment())
  }

  #environment(): { env?: Readonly<Record<string, string>> } {
    return this.#options.path === undefined ? {} : { env: { PATH: this.#options.path } }
  }

  #unitDirectory(): string {
    return this.#options.unitDirectory ?? '/etc/systemd/system'
  }

  #service(name: string): string {
    return `${prefix}${name}${suffix}`
  }

  #unitFile(name: string): string {
    return join(this.#unitDirectory(), this.#service(name))
  }

  #appliedFile(name: string): string {
    return join(this.#options.directory, `${name}.applied`)
  }
}

/** What to ask of systemd. Pure. */
export function verbFor(state: { running: boolean; applied: Applied | undefined; wanted: Applied; reloads: boolean }): 'none' | 'start' | 'restart' | 'reload' {
  const { running, applied, wanted, reloads } = state
  if (!running) return 'start'
  if (applied?.unit !== wanted.unit) return 'restart'
  if (applied.fingerprint === wanted.fingerprint) return 'none'
  return reloads ? 'reload' : 'restart'
}
