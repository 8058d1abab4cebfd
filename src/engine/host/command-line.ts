import { join } from 'node:path'
import { run, type RunResult } from '../../kit/exec.ts'
import { placeScripts } from './agent.ts'
import type { HostParts } from './host-parts.ts'
import type { HostSpace } from './names.ts'

/**
 * Runs a script of the release as the space's user. `occ` and cron.php want config.php to be their own; see
 * templates/host/owner.php for how they are told so.
 */
async function runScript({ php, processes }: Pick<HostParts, 'php' | 'processes'>, space: HostSpace, script: string, args: readonly string[]): Promise<RunResult> {
  await placeScripts(space)
  const settings = processes.commandLineSettings(space).map((entry) => (entry.startsWith('disable_functions=') ? `${entry},posix_getuid` : entry))
  const owner = ['-d', `auto_prepend_file=${join(space.paths.config, 'owner.php')}`]
  const anyCode = Array.from({ length: 256 }, (_, code) => code)
  return await run(await php(), [...settings, ...owner, join(space.release, script), ...args], {
    as: space.owner,
    cwd: space.release,
    env: { NEXTCLOUD_CONFIG_DIR: space.paths.config },
    accept: anyCode,
    timeoutMs: 3_600_000,
  })
}

export async function runOcc(parts: HostParts, space: HostSpace, args: readonly string[]): Promise<RunResult> {
  await parts.processes.ensureRedis(space)
  return await runScript(parts, space, 'console.php', ['--no-ansi', ...args])
}

export async function runCron(parts: HostParts, space: HostSpace): Promise<RunResult> {
  return await runScript(parts, space, 'cron.php', [])
}
