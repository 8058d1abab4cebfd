import { join } from 'node:path'
import type { Config } from '../../../config/options.ts'
import type { Clock } from '../../../kit/clock.ts'
import { hasProgram, run } from '../../../kit/exec.ts'
import { exists } from '../../../kit/files.ts'
import type { Mailer } from '../../../mail/contract.ts'
import type { Finding } from '../../contract.ts'
import type { Release, Releases } from '../releases/catalogue.ts'
import type { PhpRange } from '../releases/inspect.ts'
import { hasSystemd, modeOf } from './facts.ts'
import { failureOf, phpFact, phpRangeOf, type Failure, type PhpFacts } from './php.ts'

/** What a doctor of the host engine asks beside the machine itself. */
export interface HostSources {
  readonly releases: Pick<Releases, 'list'>
  readonly databases: { check(): Promise<readonly Finding[]> }
  readonly sites: { check(): Promise<readonly Finding[]> }
  /** What `chooseVolumes` found. */
  readonly volumeFindings: readonly Finding[]
  readonly volumes: { readonly kind: string; physical(): Promise<{ readonly totalBytes: number; readonly freeBytes: number }> }
  /** Sum of the pools of all spaces. */
  readonly promisedBytes: number
  leftovers(): Promise<readonly Finding[]>
}

export interface DoctorSources {
  readonly config: Config
  readonly clock: Clock
  /** Throws where the settings of mail cannot be right. */
  readonly mailer: () => Promise<Pick<Mailer, 'configured' | 'verify'>>
  /** Absent where spaces are sandboxes. */
  readonly host?: HostSources
}

export interface HostFacts {
  readonly root: boolean
  readonly systemd: boolean
  readonly cgroup2: boolean
  readonly php: PhpFacts | Failure
  readonly redisServer: boolean
  readonly releases: readonly (Release & { readonly php: PhpRange | undefined })[]
  readonly room: { readonly kind: string; readonly promisedBytes: number; readonly usedBytes: number; readonly physicalBytes: number } | undefined
  /** NTP keeps the clock; undefined where nothing says. */
  readonly clockSynchronised: boolean | undefined
  /** Findings of the parts: databases, sites, volumes, leftovers. */
  readonly reported: readonly Finding[]
}

export interface DoctorFacts {
  readonly node: string
  readonly now: Date
  /** Permission bits of the state directory, if there is one. */
  readonly stateMode: number | undefined
  /** Files with secrets that exist, with their permission bits. */
  readonly secretFiles: readonly { readonly path: string; readonly mode: number }[]
  readonly mail: 'none' | 'works' | Failure
  readonly host: HostFacts | undefined
}

/** Looks at the machine, and asks the parts; changes nothing. A part that cannot answer becomes a finding. */
export async function gatherDoctorFacts({ config, clock, mailer, host }: DoctorSources): Promise<DoctorFacts> {
  const paths = ['secrets.key', 'secrets.enc', 'chaton.db'].map((name) => join(config.stateDirectory, name))
  const modes = await Promise.all(paths.map(async (path) => ({ path, mode: await modeOf(path) })))
  return {
    node: process.versions.node,
    now: clock.now(),
    stateMode: await modeOf(config.stateDirectory),
    secretFiles: modes.flatMap(({ path, mode }) => (mode === undefined ? [] : [{ path, mode }])),
    mail: await mailFact(mailer),
    host: host === undefined ? undefined : await hostFacts(host),
  }
}

async function mailFact(open: DoctorSources['mailer']): Promise<DoctorFacts['mail']> {
  try {
    const mailer = await open()
    if (!mailer.configured) return 'none'
    await mailer.verify()
    return 'works'
  } catch (error) {
    return failureOf(error)
  }
}

async function hostFacts(sources: HostSources): Promise<HostFacts> {
  const root = process.getuid?.() === 0
  const [systemd, php, releases, room, redisServer, cgroup2, parts, sites] = await Promise.all([
    hasSystemd(),
    phpFact(),
    releaseFacts(sources.releases),
    roomFact(sources),
    hasProgram('redis-server'),
    exists('/sys/fs/cgroup/cgroup.controllers'),
    root ? askParts(sources) : [],
    ask('sites', async () => await sources.sites.check()),
  ])
  return {
    root,
    systemd,
    cgroup2,
    php,
    redisServer,
    releases,
    room,
    clockSynchronised: systemd ? await clockFact() : undefined,
    reported: [...sources.volumeFindings, ...parts, ...sites],
  }
}

/** What only root may ask. Leftovers are looked for in the databases too: pointless where those do not answer. */
async function askParts(sources: HostSources): Promise<readonly Finding[]> {
  const found = await ask('databases', async () => await sources.databases.check())
  if (found.some(({ severity }) => severity === 'error')) return found
  return [...found, ...(await ask('leftovers', async () => await sources.leftovers()))]
}

async function ask(what: string, question: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await question()
  } catch (error) {
    const { message, next } = failureOf(error)
    return [{ code: `${what}-unknown`, severity: 'error', message, ...(next[0] === undefined ? {} : { fix: next[0] }) }]
  }
}

async function releaseFacts(releases: HostSources['releases']): Promise<HostFacts['releases']> {
  return await Promise.all(
    (await releases.list()).map(async (release) => ({
      ...release,
      php: await phpRangeOf(release.path),
    })),
  )
}

async function roomFact({ volumes, promisedBytes }: HostSources): Promise<HostFacts['room']> {
  try {
    const { totalBytes, freeBytes } = await volumes.physical()
    return { kind: volumes.kind, promisedBytes, usedBytes: totalBytes - freeBytes, physicalBytes: totalBytes }
  } catch {
    return undefined
  }
}

async function clockFact(): Promise<boolean | undefined> {
  if (!(await hasProgram('timedatectl'))) return undefined
  const { exitCode, stdout } = await run('timedatectl', ['show', '--property=NTPSynchronized', '--value'], { accept: [0, 1] })
  return exitCode === 0 ? stdout.trim() === 'yes' : undefined
}
