import { readdir, rename } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { XMLParser } from 'fast-xml-parser'
import { z } from 'zod'
import { ChatonError, hasSystemCode } from '../../../kit/errors.ts'
import { ensureDirectory, exists, readTextIfExists } from '../../../kit/files.ts'
import type { AddOptions, Verified } from './catalogue.ts'
import { sumBeside, verifySum } from './checksum.ts'
import { removeTree, withIncoming } from './incoming.ts'
import { findRoot, refuseStrayLinks, sealTree } from './tree.ts'
import { bringIn, isDirectory, requireArchive } from './unpack.ts'

/** An app pinned by the hoster: `<state>/apps/<id>/<version>`, shared by all spaces and written by none. */
export interface AppPackage {
  readonly id: string
  readonly version: string
  readonly name: string
  /** Major releases of Nextcloud it says it works on. */
  readonly nextcloud: { readonly min: number; readonly max: number }
  readonly path: string
}

const text = z.coerce.string().transform((value) => value.trim())
const major = z.coerce.string().regex(/^\d+/).transform((value) => Number.parseInt(value, 10))

/** The part of appinfo/info.xml that is used (https://apps.nextcloud.com/schema/apps/info.xsd). */
const InfoXml = z.object({
  info: z.object({
    id: text.pipe(z.string().regex(/^[a-z0-9_]{1,80}$/, 'the id is lower-case letters, digits and "_"')),
    version: text.pipe(z.string().regex(/^\d+(?:\.\d+)*(?:[-+.][0-9A-Za-z.-]+)?$/, 'the version starts with numbers such as 1.2.3')),
    name: z.unknown().transform(nameOf),
    dependencies: z.object({ nextcloud: z.object({ '@min-version': major, '@max-version': major }) }),
  }),
})

/** One `<name>`, or one a language: the one without a language is English. */
function nameOf(value: unknown): string {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value]
  const plain = names.find((name) => typeof name === 'string') ?? names[0]
  if (typeof plain === 'object' && plain !== null && '#text' in plain) return String(plain['#text'])
  return typeof plain === 'string' ? plain : ''
}

/** Id, version, name and range of an app. Throws `bad-input`. Pure. */
export function parseInfoXml(xml: string): Omit<AppPackage, 'path'> {
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@', parseTagValue: false, processEntities: false })
  let tree: unknown
  try {
    tree = parser.parse(xml)
  } catch (error) {
    throw new ChatonError('bad-input', 'appinfo/info.xml cannot be read as XML', { cause: error })
  }
  const parsed = InfoXml.safeParse(tree)
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    throw new ChatonError('bad-input', `appinfo/info.xml is not that of a Nextcloud app: ${problems.join('; ')}`)
  }
  const { id, version, name, dependencies } = parsed.data.info
  return { id, version, name, nextcloud: { min: dependencies.nextcloud['@min-version'], max: dependencies.nextcloud['@max-version'] } }
}

/** Does the app say it works on this release? Pure. */
export function fits(app: Pick<AppPackage, 'nextcloud'>, release: string): boolean {
  const release_ = Number.parseInt(release, 10)
  return release_ >= app.nextcloud.min && release_ <= app.nextcloud.max
}

export interface Apps {
  /** By id, then newest first. */
  list(): Promise<readonly AppPackage[]>
  /** Pins an app from an archive or a directory. Throws `conflict` if that version is there already, `bad-input` for what is not an app. */
  add(source: string, options?: AddOptions): Promise<{ readonly app: AppPackage; readonly verified: Verified }>
  /** What {@link add} would do with this source, as far as a look can tell; throws as it would. Changes nothing. */
  judgeAdd(source: string): Promise<'directory' | 'archive'>
  /** Throws `conflict` while spaces use it (`usedBy`: their slugs), `not-found` if it is not there. */
  remove(id: string, version: string, usedBy: readonly string[]): Promise<void>
}

export function createApps(directory: string): Apps {
  return {
    list: async () => await listApps(directory),
    judgeAdd: async (source) => ((await isDirectory(resolve(source))) ? 'directory' : requireArchive(resolve(source))),
    add: async (source, options = {}) => {
      const path = resolve(source)
      const verified = await verifyLocal(path, options)
      return await withIncoming(directory, async (temporary) => {
        const tree = join(temporary, 'tree')
        options.onProgress?.({ step: 'unpack' })
        await bringIn(path, tree, options.signal)
        options.onProgress?.({ step: 'check' })
        const root = await findRoot(tree, 'appinfo/info.xml', 'a Nextcloud app')
        await refuseStrayLinks(root)
        const info = parseInfoXml((await readTextIfExists(join(root, 'appinfo/info.xml'))) ?? '')
        const target = join(directory, info.id, info.version)
        if (await exists(target)) throw new ChatonError('conflict', `app ${info.id} ${info.version} is already pinned in ${target}`)
        options.onProgress?.({ step: 'install' })
        await sealTree(root)
        await ensureDirectory(join(directory, info.id), { mode: 0o755 })
        await rename(root, target)
        return { app: { ...info, path: target }, verified }
      })
    },
    remove: async (id, version, usedBy) => {
      const app = (await listApps(directory)).find((entry) => entry.id === id && entry.version === version)
      if (!app) throw new ChatonError('not-found', `app ${id} ${version} is not pinned; see: chaton app list`)
      if (usedBy.length > 0) throw new ChatonError('conflict', `app ${id} ${version} is in use by: ${usedBy.join(', ')}`, { data: { usedBy } })
      await removeTree(directory, app.path)
    },
  }
}

async function verifyLocal(path: string, options: AddOptions): Promise<Verified> {
  if (await isDirectory(path)) return 'nothing'
  const sum = options.sha512 ?? (await sumBeside(path))
  if (sum === undefined) return 'nothing'
  options.onProgress?.({ step: 'verify' })
  await verifySum(path, sum)
  return 'sha512'
}

async function listApps(directory: string): Promise<AppPackage[]> {
  const found: AppPackage[] = []
  for (const id of await subdirectories(directory)) {
    for (const version of await subdirectories(join(directory, id))) {
      const path = join(directory, id, version)
      const xml = await readTextIfExists(join(path, 'appinfo/info.xml'))
      if (xml !== undefined) found.push({ ...parseInfoXml(xml), path })
    }
  }
  return found.toSorted((a, b) => a.id.localeCompare(b.id) || b.version.localeCompare(a.version, 'en', { numeric: true }))
}

async function subdirectories(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map((entry) => entry.name)
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return []
    throw error
  }
}
