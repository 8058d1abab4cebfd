import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { asChatonError, hasSystemCode } from '../../../kit/errors.ts'
import { run } from '../../../kit/exec.ts'
import type { Finding } from '../../contract.ts'
import { findPhp, type PhpBinaries } from '../processes/php-binary.ts'
import { readPhpRange, type PhpRange } from '../releases/inspect.ts'
import { phpModules } from './debian.ts'

/** Why something could not be found out. */
export interface Failure {
  readonly message: string
  readonly next: readonly string[]
}

export interface PhpFacts {
  /** Two numbers: "8.2". */
  readonly version: string
  /** As `php -m` names them: those of FPM that the command line has too, since each reads settings of its own. */
  readonly modules: readonly string[]
}

export function failureOf(error: unknown): Failure {
  const { message, next } = asChatonError(error)
  return { message, next }
}

/** What PHP this machine has; a failure where there is none that Nextcloud runs on. */
export async function phpFact(find: () => Promise<PhpBinaries> = findPhp): Promise<PhpFacts | Failure> {
  try {
    const { cli, fpm, version } = await find()
    const [ofCli, ofFpm] = await Promise.all([cli, fpm].map(async (binary) => modulesIn((await run(binary, ['-m'])).stdout)))
    return { version, modules: (ofFpm ?? []).filter((name) => ofCli?.includes(name)) }
  } catch (error) {
    return failureOf(error)
  }
}

const modulesIn = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('['))

/** Pure. */
export function judgePhp(php: PhpFacts | Failure): Finding[] {
  if (!('modules' in php)) return [{ code: 'php-missing', severity: 'error', message: php.message, fix: php.next[0] ?? 'chaton host setup' }]
  const present = new Set(php.modules.map((name) => name.toLowerCase()))
  const missing = Object.keys(phpModules).filter((name) => !present.has(name.toLowerCase()))
  if (missing.length === 0) return []
  const packages = [...new Set(missing.map((name) => `php${php.version}-${phpModules[name] ?? ''}`))]
  const message = `PHP ${php.version} lacks modules that Nextcloud needs, on its command line or in FPM: ${missing.join(', ')}`
  return [{ code: 'php-modules', severity: 'error', message, fix: `apt-get install ${packages.join(' ')}; if they are installed: phpenmod -v ${php.version} ${missing.map(iniName).join(' ')}` }]
}

/** Name of a module's file in `mods-available` on Debian. */
const iniName = (module: string): string => (module === 'Zend OPcache' ? 'opcache' : module.toLowerCase())

/** Which PHP a release tree runs on; undefined where it does not say, or where there is no such tree. */
export async function phpRangeOf(release: string): Promise<PhpRange | undefined> {
  try {
    return readPhpRange(await readFile(join(release, 'lib/versioncheck.php'), 'utf8'))
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

/** Words for a PHP that this release does not run on; undefined where it does, or nothing says. Pure. */
export function phpMisfit(release: string, php: PhpFacts | Failure, range: PhpRange | undefined): string | undefined {
  if (!('modules' in php) || range === undefined) return undefined
  const [major = 0, minor = 0] = php.version.split('.').map(Number)
  const id = major * 10_000 + minor * 100
  if (id >= Math.floor(range.from / 100) * 100 && id < range.below) return undefined
  return `Nextcloud ${release} does not run on PHP ${php.version}: it needs ${shortPhp(range.from)} up to, and without, ${shortPhp(range.below)}`
}

const shortPhp = (id: number): string => `${Math.floor(id / 10_000)}.${Math.floor(id / 100) % 100}`
