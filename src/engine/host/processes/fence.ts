import { dirname, join } from 'node:path'
import type { Config } from '../../../config/options.ts'
import type { HostSpace } from '../names.ts'
import { plainPath } from '../template.ts'

/** Where pinned app versions lie, beside the releases. */
export function pinnedAppsDirectory(config: Pick<Config, 'releasesDirectory'>): string {
  return join(dirname(config.releasesDirectory), 'apps')
}

/**
 * All that PHP of a space may open: PHP's second fence behind the Unix user. A trailing slash makes PHP take each
 * entry for that directory and not for a prefix of names.
 */
export function openBasedir(space: HostSpace, config: Pick<Config, 'releasesDirectory'>): string {
  const { paths } = space
  const allowed = [space.release, paths.config, space.data, paths.temporary, paths.log, paths.apps, pinnedAppsDirectory(config), paths.database]
  return allowed.map((path) => `${plainPath(path)}/`).join(':')
}

/** Ways to start a program, or to make links that lead out of the fence. */
const starters = ['exec', 'shell_exec', 'system', 'passthru', 'popen', 'proc_open', 'symlink', 'link', 'dl']

/** The command line keeps what Symfony's console needs (`putenv`, `pcntl_signal`, `posix_kill`). */
export const disabledOnCommandLine: readonly string[] = starters

/** Nextcloud asks for each of these before it uses it, or uses it on the command line only; sending mail goes by SMTP. */
export const disabledInFpm: readonly string[] = [
  ...starters,
  'proc_close',
  'proc_get_status',
  'proc_nice',
  'proc_terminate',
  'putenv',
  'mail',
  'chown',
  'chgrp',
  'lchown',
  'lchgrp',
  'pfsockopen',
  'posix_kill',
  'posix_mkfifo',
  'posix_mknod',
  'posix_setegid',
  'posix_seteuid',
  'posix_setgid',
  'posix_setpgid',
  'posix_setrlimit',
  'posix_setsid',
  'posix_setuid',
  'pcntl_alarm',
  'pcntl_exec',
  'pcntl_fork',
  'pcntl_setpriority',
  'pcntl_signal',
  'pcntl_signal_dispatch',
  'pcntl_unshare',
  'pcntl_wait',
  'pcntl_waitpid',
  'shmop_open',
  'shm_attach',
  'sem_get',
  'msg_get_queue',
]

/** `-d` arguments for command-line runs of a space: the same fence, no OPcache, APCu for the length of the run. */
export function commandLineSettings(space: HostSpace, config: Pick<Config, 'releasesDirectory'>): readonly string[] {
  const temporary = plainPath(space.paths.temporary)
  const settings = {
    open_basedir: openBasedir(space, config),
    disable_functions: disabledOnCommandLine.join(','),
    memory_limit: String(Math.max(space.target.php.memoryBytes, minimumCommandLineBytes)),
    max_execution_time: '0',
    sys_temp_dir: temporary,
    upload_tmp_dir: temporary,
    'session.save_path': temporary,
    'apc.enable_cli': '1',
    'opcache.enable_cli': '0',
    'ffi.enable': '0',
    enable_dl: '0',
    allow_url_include: '0',
    display_errors: 'stderr',
    'zend.assertions': '-1',
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-d', `${name}=${value}`])
}

/** Nextcloud's own minimum for its background jobs and `occ`. */
const minimumCommandLineBytes = 512 * 1024 * 1024
