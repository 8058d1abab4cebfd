import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { hasSystemCode } from '../../../kit/errors.ts'
import { exists, readTextIfExists } from '../../../kit/files.ts'
import { hasProgram, run } from '../../../kit/exec.ts'
import { parseOsRelease, type OsRelease } from './debian.ts'
import type { SetupFacts, SetupWishes } from './plan.ts'

export async function readOs(): Promise<OsRelease> {
  return parseOsRelease((await readTextIfExists('/etc/os-release')) ?? '')
}

/** systemd is the init system of this machine (sd_booted(3)). */
export async function hasSystemd(): Promise<boolean> {
  return await exists('/run/systemd/system')
}

/** Debian packages that are installed; empty where there is no dpkg. */
export async function installedPackages(): Promise<ReadonlySet<string>> {
  if (!(await hasProgram('dpkg-query'))) return new Set()
  const { stdout } = await run('dpkg-query', ['--show', '--showformat', '${Package} ${db:Status-Status}\n'])
  return new Set(stdout.split('\n').flatMap((line) => (line.endsWith(' installed') ? [line.slice(0, -' installed'.length)] : [])))
}

/** Clusters of Debian's postgresql-common. */
export async function postgresqlClusters(): Promise<SetupFacts['postgresql']> {
  if (!(await hasProgram('pg_lsclusters'))) return []
  const { stdout } = await run('pg_lsclusters', ['--no-header'])
  return stdout.split('\n').flatMap((line) => {
    const [version, name, , status] = line.trim().split(/\s+/)
    return version === undefined || name === undefined || version === '' ? [] : [{ version, name, online: status?.startsWith('online') ?? false }]
  })
}

async function maskedServices(services: readonly string[]): Promise<ReadonlySet<string>> {
  const masked = await Promise.all(
    services.map(async (service) => {
      const content = await readFile(join('/etc/systemd/system', service), 'utf8').catch(() => undefined)
      return content === '' ? [service] : []
    }),
  )
  return new Set(masked.flat())
}

/** Permission bits, or undefined where there is no such file. */
export async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o7777
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

/** What {@link planSetup} needs to know of this machine. Changes nothing. */
export async function gatherSetupFacts(wishes: SetupWishes, releases: readonly string[], replaced: readonly string[]): Promise<SetupFacts> {
  const paths = [wishes.stateDirectory, wishes.releasesDirectory, `${wishes.stateDirectory}/apps`, wishes.backupDirectory]
  const present = await Promise.all(paths.map(async (path) => [path, await modeOf(path)] as const))
  return {
    os: await readOs(),
    root: process.getuid?.() === 0,
    systemd: await hasSystemd(),
    packages: await installedPackages(),
    masked: await maskedServices(replaced),
    postgresql: await postgresqlClusters(),
    directories: new Map(present.flatMap(([path, mode]) => (mode === undefined ? [] : [[path, mode]]))),
    releases,
    settings: await readTextIfExists(wishes.settingsFile),
  }
}
