import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ChatonError, hasSystemCode } from '../../../kit/errors.ts'

/** PHP versions that at least one supported Nextcloud release (28 to 34) runs on, newest first. */
export const supportedPhp = ['8.4', '8.3', '8.2', '8.1'] as const

export interface PhpBinaries {
  readonly version: string
  /** Absolute path of php-fpm. */
  readonly fpm: string
  /** Absolute path of the command line's php of the same version. */
  readonly cli: string
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return []
    throw error
  }
}

/** The newest supported PHP that has both its FPM and its command line installed (Debian's file names). Throws `machine-not-ready`. */
export async function findPhp(places: { readonly fpm: string; readonly cli: string } = { fpm: '/usr/sbin', cli: '/usr/bin' }): Promise<PhpBinaries> {
  const [fpm, cli] = await Promise.all([namesIn(places.fpm), namesIn(places.cli)])
  const version = supportedPhp.find((candidate) => fpm.includes(`php-fpm${candidate}`) && cli.includes(`php${candidate}`))
  if (version !== undefined) return { version, fpm: join(places.fpm, `php-fpm${version}`), cli: join(places.cli, `php${version}`) }
  const found = fpm.filter((name) => /^php-fpm\d/.test(name))
  throw new ChatonError('machine-not-ready', `no PHP-FPM that Nextcloud runs on is installed (found: ${found.join(', ') || 'none'}; one of ${supportedPhp.join(', ')} is needed, with its command line)`, {
    next: ['apt-get install php-fpm php-cli', 'chaton doctor lists the PHP modules that Nextcloud needs'],
  })
}
