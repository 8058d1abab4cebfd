import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { exists, readTextIfExists } from '../../../kit/files.ts'

export const versionPattern = /^\d+\.\d+\.\d+$/

/** What each release from 28 to 34 has, and none runs without. */
const required = [
  'version.php',
  'index.php',
  'remote.php',
  'public.php',
  'status.php',
  'cron.php',
  'console.php',
  'occ',
  'ocs/v2.php',
  'lib/base.php',
  'lib/private',
  'lib/public',
  'core/templates',
  '3rdparty/autoload.php',
  'resources/config/mimetypemapping.dist.json',
  'apps/dav/appinfo/info.xml',
  'apps/files/appinfo/info.xml',
  'apps/provisioning_api/appinfo/info.xml',
  'dist',
]

/** Text on avatars and previews is drawn with these. */
const fonts = ['core/fonts/NotoSans-Regular.ttf', 'core/fonts/NotoSans-Bold.ttf']

/** Lengths of the passwords people choose most: lists/list-<length>.php of the app password_policy. */
const commonLengths = [6, 7, 8, 9, 10, 11, 12]

/** What a Nextcloud leaves in its tree when it runs without a configuration directory of its own. */
const foreign = ['data', 'config/config.php']

/** `$OC_VersionString` of version.php, read as text: the file is never executed. Pure. */
export function readVersion(versionPhp: string): string | undefined {
  return /^\s*\$OC_VersionString\s*=\s*(['"])([^'"\n]+)\1\s*;/m.exec(versionPhp)?.[2]
}

export interface PhpRange {
  /** As PHP_VERSION_ID: 80200 is 8.2.0. */
  readonly from: number
  readonly below: number
}

/** The PHP versions that lib/versioncheck.php lets pass, read as text. Pure. */
export function readPhpRange(versionCheck: string): PhpRange | undefined {
  const from = /PHP_VERSION_ID\s*<\s*(\d{5,6})/.exec(versionCheck)?.[1]
  const below = /PHP_VERSION_ID\s*>=\s*(\d{5,6})/.exec(versionCheck)?.[1]
  return from === undefined || below === undefined ? undefined : { from: Number(from), below: Number(below) }
}

export interface TreeReport {
  /** As version.php says; undefined where it says nothing. */
  readonly version: string | undefined
  /** Files without which it does not run. */
  readonly missing: readonly string[]
  /** What works less well, a sentence each. */
  readonly notes: readonly string[]
}

/** Looks at a release tree; runs nothing of it. */
export async function inspectTree(root: string): Promise<TreeReport> {
  const version = readVersion((await readTextIfExists(join(root, 'version.php'))) ?? '')
  const missing = await absent(root, required)
  const notes: string[] = []
  const missingFonts = await absent(root, fonts)
  if (missingFonts.length > 0) notes.push(`avatars and text previews stay blank: ${missingFonts.join(', ')} missing`)
  const policy = 'apps/password_policy'
  if (await exists(join(root, policy))) {
    const lists = new Set(await readdir(join(root, policy, 'lists')).catch(() => []))
    const gaps = commonLengths.filter((length) => !lists.has(`list-${length}.php`))
    if (gaps.length > 0) notes.push(`common passwords of ${gaps.join(', ')} characters are not refused: ${policy}/lists is incomplete`)
  }
  const strange = (await Promise.all(foreign.map(async (path) => ((await exists(join(root, path))) ? [path] : [])))).flat()
  if (strange.length > 0) notes.push(`something ran in the shared tree and wrote ${strange.join(', ')}: spaces do not use it, remove it`)
  return { version, missing, notes }
}

async function absent(root: string, paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map(async (path) => await exists(join(root, path))))
  return paths.filter((_path, index) => !found[index])
}

/** Newest first. Pure. */
export function byVersionDescending(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number))
  for (let index = 0; index < 3; index++) {
    const difference = (right?.[index] ?? 0) - (left?.[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
