import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeDirectories } from './directories.ts'
import { ChatonError, hasSystemCode } from './errors.ts'

export interface WriteOptions {
  /** Default 0o644. */
  readonly mode?: number
  readonly owner?: { readonly uid: number; readonly gid: number }
}

/**
 * Writes the whole file or nothing: temporary file beside it, fsync, rename, fsync of the directory. Safe against a kill or a
 * power cut at any instant. A symbolic link is replaced, not followed.
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array, options: WriteOptions = {}): Promise<void> {
  makeDirectories(dirname(path))
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  const mode = options.mode ?? 0o644
  const file = await open(temporary, 'wx', options.owner ? 0o600 : mode)
  try {
    await file.writeFile(content)
    if (options.owner) await file.chown(options.owner.uid, options.owner.gid)
    await file.chmod(mode)
    await file.sync()
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  } finally {
    await file.close()
  }
  await syncDirectory(dirname(path))
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

export interface DirectoryOptions {
  readonly mode: number
  readonly owner?: { readonly uid: number; readonly gid: number }
}

/**
 * Makes sure a directory exists with this mode and owner. Repeatable. A symbolic link that another user put in its place is
 * refused with `machine-not-ready`: what it points to would be given away.
 */
export async function ensureDirectory(path: string, options: DirectoryOptions): Promise<void> {
  makeDirectories(path)
  const directory = await openDirectory(path)
  try {
    if (options.owner) await directory.chown(options.owner.uid, options.owner.gid)
    await directory.chmod(options.mode)
  } finally {
    await directory.close()
  }
}

async function openDirectory(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  } catch (error) {
    if (!hasSystemCode(error, 'ENOTDIR', 'ELOOP')) throw error
    const link = await lstat(path)
    if (!link.isSymbolicLink()) throw error
    if (link.uid === (process.geteuid?.() ?? link.uid)) return open(path, constants.O_RDONLY | constants.O_DIRECTORY)
    throw new ChatonError('machine-not-ready', `${path} is a symbolic link that another user (uid ${link.uid}) has made; it is not followed`, {
      next: [`look at where it leads (ls -l ${path}), remove it, then run the same command again`],
    })
  }
}

/** The file's text, or `undefined` where there is none. */
export async function readTextIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return undefined
    throw error
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT', 'ENOTDIR')) return false
    throw error
  }
}
