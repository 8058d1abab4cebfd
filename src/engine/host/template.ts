import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Handlebars from 'handlebars'
import { ChatonError } from '../../kit/errors.ts'

const directory = join(import.meta.dirname, '../../../templates/host')

/** Source of `templates/host/<name>`. */
export async function hostTemplate(name: string): Promise<string> {
  return readFile(join(directory, name), 'utf8')
}

/** Text of `templates/host/<name>` with its values, unescaped. A value that the template asks for and did not get throws. */
export async function renderHostTemplate(name: string, values: Readonly<Record<string, unknown>> = {}): Promise<string> {
  return Handlebars.compile(await hostTemplate(name), { noEscape: true, strict: true })(values)
}

/**
 * A path as it may stand in the files of PHP, Redis and Caddy, which each have characters of their own with a meaning.
 * Throws `machine-not-ready` for any other.
 */
export function plainPath(path: string): string {
  if (/^\/[\w./@+=,~-]*$/.test(path)) return path
  throw new ChatonError('machine-not-ready', `the path ${JSON.stringify(path)} has a character that configuration files cannot hold; allowed: letters, digits and . _ - / @ + = , ~`, {
    next: ['choose another stateDirectory, releases.directory or volumes.directory in chaton.yaml'],
  })
}
