import { readdir, rename, rm } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { download } from '../../../kit/download.ts'
import { ChatonError, hasSystemCode } from '../../../kit/errors.ts'
import { exists } from '../../../kit/files.ts'
import { sumBeside, verifySum } from './checksum.ts'
import { removeTree, withIncoming } from './incoming.ts'
import { byVersionDescending, inspectTree, versionPattern, type TreeReport } from './inspect.ts'
import { nextcloudKeyFingerprint, verifySignature } from './signature.ts'
import { findRoot, refuseStrayLinks, sealTree, sizeOf } from './tree.ts'
import { bringIn, isDirectory, requireArchive } from './unpack.ts'

export interface Release {
  readonly version: string
  readonly path: string
  readonly complete: boolean
  /** What is missing or works less well, a sentence each. */
  readonly notes: readonly string[]
  readonly sizeBytes: number
}

/** How far the origin was checked: Nextcloud's signature, a SHA-512 given or beside the file, or nothing. */
export type Verified = 'signature' | 'sha512' | 'nothing'

export interface Progress {
  readonly step: 'download' | 'verify' | 'unpack' | 'check' | 'install'
  /** From 0 to 1, where it is known. */
  readonly fraction?: number
}

export interface AddOptions {
  /** Expected SHA-512 of a local archive. */
  readonly sha512?: string
  readonly onProgress?: (progress: Progress) => void
  readonly signal?: AbortSignal
}

export interface Origin {
  /** Directory of the official archives, without a slash at the end. */
  readonly archives: string
  /** Address of the public key, and its pinned fingerprint. */
  readonly key: string
  readonly fingerprint: string
}

export const officialOrigin: Origin = {
  archives: 'https://download.nextcloud.com/server/releases',
  key: 'https://nextcloud.com/nextcloud.asc',
  fingerprint: nextcloudKeyFingerprint,
}

/** The release trees of this machine: one directory a version, shared by all spaces and written by none. */
export interface Releases {
  /** Newest first. */
  list(): Promise<readonly Release[]>
  /**
   * Brings in a release: a version ("32.0.1", downloaded, SHA-512 and signature checked), a directory or an archive.
   * Throws `conflict` if the version is there already, `bad-input` for what is not a whole release. Nothing half made:
   * after a kill the same call starts afresh.
   */
  add(source: string, options?: AddOptions): Promise<{ readonly release: Release; readonly verified: Verified }>
  /** What {@link add} would do with this source, as far as a look can tell; throws as it would. Changes nothing. */
  judgeAdd(source: string, options?: Pick<AddOptions, 'sha512'>): Promise<'download' | 'directory' | 'archive'>
  /** Throws `conflict` while spaces use it (`usedBy`: their slugs), `not-found` if it is not there. */
  remove(version: string, usedBy: readonly string[]): Promise<void>
  /** Throws as {@link remove} would. Changes nothing. */
  judgeRemove(version: string, usedBy: readonly string[]): Promise<void>
}

export function createReleases(directory: string, origin: Origin = officialOrigin): Releases {
  const describe = async (version: string): Promise<Release> => {
    const path = join(directory, version)
    const [report, sizeBytes] = await Promise.all([inspectTree(path), sizeOf(path)])
    return { version, path, complete: problemsOf(report, version).length === 0, notes: [...problemsOf(report, version), ...report.notes], sizeBytes }
  }
  const judgeRemove = async (version: string, usedBy: readonly string[]): Promise<void> => {
    const installed = await versionsIn(directory)
    if (!installed.includes(version)) throw notInstalled(version, installed)
    if (usedBy.length > 0) throw inUse(version, usedBy)
  }
  return {
    list: async () => await Promise.all((await versionsIn(directory)).map(describe)),
    judgeAdd: async (source, options = {}) => {
      if (versionPattern.test(source)) {
        await refuseExisting(directory, source)
        return 'download'
      }
      refuseOddVersion(source)
      return await judgeLocal(resolve(source), options)
    },
    add: async (source, options = {}) => {
      const isVersion = versionPattern.test(source)
      if (isVersion) await refuseExisting(directory, source)
      else refuseOddVersion(source)
      return await withIncoming(directory, async (temporary) => {
        const brought = isVersion
          ? { path: await fetchOfficial(source, temporary, { origin, options }), verified: 'signature' as const }
          : await checkLocal(resolve(source), options)
        const tree = join(temporary, 'tree')
        options.onProgress?.({ step: 'unpack' })
        await bringIn(brought.path, tree, options.signal)
        options.onProgress?.({ step: 'check' })
        const { root, version } = await accept(tree, isVersion ? source : undefined)
        await refuseExisting(directory, version)
        options.onProgress?.({ step: 'install' })
        await sealTree(root)
        await rename(root, join(directory, version))
        return { release: await describe(version), verified: brought.verified }
      })
    },
    judgeRemove,
    remove: async (version, usedBy) => {
      await judgeRemove(version, usedBy)
      await removeTree(directory, join(directory, version))
    },
  }
}

function notInstalled(version: string, installed: readonly string[]): ChatonError {
  return new ChatonError('not-found', `release "${version}" is not installed; installed: ${installed.join(', ') || 'none'}`)
}

function inUse(version: string, usedBy: readonly string[]): ChatonError {
  return new ChatonError('conflict', `release ${version} is in use by ${usedBy.length} space${usedBy.length === 1 ? '' : 's'}: ${usedBy.join(', ')}`, {
    next: ['a release can go when no space runs it any more'],
    data: { usedBy },
  })
}

async function versionsIn(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory() && versionPattern.test(entry.name)).map((entry) => entry.name).toSorted(byVersionDescending)
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return []
    throw error
  }
}

/** "32" or "v32.0.1" is meant as a version, not as a file. */
function refuseOddVersion(source: string): void {
  if (!/^v?\d+(?:\.\d+)*(?:[a-z-]+\d*)?$/i.test(source)) return
  throw new ChatonError('bad-input', `"${source}" is not a full version; expected three numbers such as "32.0.1", or a directory or archive (./${source})`)
}

async function refuseExisting(directory: string, version: string): Promise<void> {
  if (!(await exists(join(directory, version)))) return
  throw new ChatonError('conflict', `release ${version} is already installed in ${join(directory, version)}`, {
    next: [`to replace it: chaton release remove ${version}, then add it again`],
  })
}

async function judgeLocal(path: string, { sha512 }: Pick<AddOptions, 'sha512'>): Promise<'directory' | 'archive'> {
  if (!(await isDirectory(path))) return requireArchive(path)
  if (sha512 !== undefined) throw new ChatonError('bad-input', `--sha512 is for an archive; ${path} is a directory`)
  return 'directory'
}

async function checkLocal(path: string, options: AddOptions): Promise<{ path: string; verified: Verified }> {
  if ((await judgeLocal(path, options)) === 'directory') return { path, verified: 'nothing' }
  const sum = options.sha512 ?? (await sumBeside(path))
  if (sum === undefined) return { path, verified: 'nothing' }
  options.onProgress?.({ step: 'verify' })
  await verifySum(path, sum)
  return { path, verified: 'sha512' }
}

async function fetchOfficial(version: string, temporary: string, { origin, options }: { origin: Origin; options: AddOptions }): Promise<string> {
  const name = `nextcloud-${version}.tar.bz2`
  const file = join(temporary, name)
  const abort = options.signal ? { signal: options.signal } : {}
  await download(`${origin.archives}/${name}.sha512`, `${file}.sha512`, abort).catch((error: unknown) => {
    if (!(error instanceof ChatonError) || error.code !== 'not-found') throw error
    throw new ChatonError('not-found', `there is no Nextcloud release ${version} at ${origin.archives}`, {
      next: ['see https://nextcloud.com/changelog/ for the releases there are'],
      cause: error,
    })
  })
  await download(`${origin.archives}/${name}.asc`, `${file}.asc`, abort)
  await download(origin.key, join(temporary, 'key.asc'), abort)
  await download(`${origin.archives}/${name}`, file, {
    ...abort,
    onProgress: (done, total) => options.onProgress?.({ step: 'download', ...(total === undefined ? {} : { fraction: done / total }) }),
  })
  options.onProgress?.({ step: 'verify' })
  const sum = await sumBeside(file)
  if (sum !== undefined) await verifySum(file, sum)
  await verifySignature({ file, signature: `${file}.asc`, key: join(temporary, 'key.asc'), fingerprint: origin.fingerprint })
  return file
}

function problemsOf(report: TreeReport, version: string): string[] {
  const missing = report.missing.length === 0 ? [] : [`incomplete: ${report.missing.join(', ')} missing`]
  return report.version === version ? missing : [`version.php says "${report.version ?? 'nothing'}"`, ...missing]
}

/** The tree is one whole release, of this version where one was asked for. An installation in use is not taken. */
async function accept(tree: string, asked: string | undefined): Promise<{ root: string; version: string }> {
  const root = await findRoot(tree, 'version.php', 'a Nextcloud release')
  await refuseStrayLinks(root)
  if (await exists(join(root, 'data'))) {
    throw new ChatonError('bad-input', `this Nextcloud holds a data directory ("${basename(root)}/data"): it is an installation in use, not a release`, {
      next: ['give an archive as published by Nextcloud, or a directory unpacked from one'],
    })
  }
  await rm(join(root, 'config/config.php'), { force: true })
  const report = await inspectTree(root)
  const { version } = report
  if (version === undefined || !versionPattern.test(version)) {
    throw new ChatonError('bad-input', `version.php says "${version ?? 'nothing'}"; expected a final release such as "32.0.1"`)
  }
  const [problem] = problemsOf(report, asked ?? version)
  if (problem !== undefined) throw new ChatonError('bad-input', `this is not a whole Nextcloud ${asked ?? version}: ${problem}`)
  return { root, version }
}
