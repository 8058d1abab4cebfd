import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ChatonError, hasSystemCode } from '../../kit/errors.ts'

const releaseName = /^\d+\.\d+\.\d+$/

const newestFirst = (a: string, b: string): number => b.localeCompare(a, 'en', { numeric: true })

/** Installed release trees by version, newest first. */
export async function listReleases(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (hasSystemCode(error, 'ENOENT')) return []
    throw error
  })
  const whole = await Promise.all(names.map(async (name) => releaseName.test(name) && (await stat(join(directory, name, 'version.php')).catch(() => undefined)) !== undefined))
  return names.filter((_, index) => whole[index]).toSorted(newestFirst)
}

/** The four numbers of a tree's version.php, as config.php wants them: "32.0.1.2". */
export async function versionOf(release: string): Promise<string> {
  const text = await readFile(join(release, 'version.php'), 'utf8')
  const numbers = /\$OC_Version\s*=\s*(?:array\s*\(|\[)([\d,\s]+)[)\]]/.exec(text)?.[1]
  if (numbers !== undefined) return numbers.split(',').map((part) => part.trim()).join('.')
  throw new ChatonError('machine-not-ready', `${release} is not a whole Nextcloud tree: version.php names no version`, {
    next: ['add the release again: chaton release add <version, directory or archive>'],
  })
}

/**
 * Changes when the tree does: version.php, and name and date of every app's info.xml. Trees are not edited in place
 * otherwise; a release added again gets new dates.
 */
export async function fingerprintOf(release: string): Promise<string> {
  const apps = (await readdir(join(release, 'apps'))).toSorted()
  const files = ['version.php', ...apps.map((app) => `apps/${app}/appinfo/info.xml`)]
  const facts = await Promise.all(
    files.map(async (file) => {
      const found = await stat(join(release, file)).catch(() => undefined)
      return found === undefined ? '' : `${file} ${found.size} ${Math.floor(found.mtimeMs)}`
    }),
  )
  return createHash('sha256').update(facts.join('\n')).digest('hex')
}

/** The list of common passwords is part of official archives; without it the app that asks it is switched off. */
export async function hasPasswordLists(release: string): Promise<boolean> {
  return (await stat(join(release, 'apps/password_policy/lists/list-8.php')).catch(() => undefined)) !== undefined
}
