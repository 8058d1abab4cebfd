import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { hasSystemCode } from './errors.ts'

export interface WriteOptions {
  /** Default 0o644. */
  readonly mode?: number
  readonly owner?: { readonly uid: number; readonly gid: number }
}

/** Writes the whole file or nothing: temporary file beside it, fsync, rename. Safe against a kill at any instant. */
export async function writeFileAtomic(path: string, content: string | Uint8Array, options: WriteOptions = {}): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  const mode = options.mode ?? 0o644
  const file = await open(temporary, 'wx', mode)
  try {
    await file.writeFile(content)
    await file.chmod(mode)
    if (options.owner) await file.chown(options.owner.uid, options.owner.gid)
    await file.sync()
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

export interface DirectoryOptions {
  readonly mode: number
  readonly owner?: { readonly uid: number; readonly gid: number }
}

/** Makes sure a directory exists with this mode and owner. Repeatable. */
export async function ensureDirectory(path: string, options: DirectoryOptions): Promise<void> {
  await mkdir(path, { recursive: true })
  await chmod(path, options.mode)
  if (options.owner) await chown(path, options.owner.uid, options.owner.gid)
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
