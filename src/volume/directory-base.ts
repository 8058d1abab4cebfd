import { mkdir, readdir, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ChatonError, hasSystemCode } from '../kit/errors.ts'

const allowedName = /^[a-z0-9][a-z0-9_-]{0,62}$/

/** Where snapshots lie inside the volumes directory; volume names cannot start with a dot. */
export const snapshotsFolder = '.snapshots'

/** Magic numbers of statfs(2), see linux/magic.h. */
const fileSystems: ReadonlyMap<number, string> = new Map([
  [0x91_23_68_3e, 'btrfs'],
  [0xef_53, 'ext4'],
  [0x58_46_53_42, 'xfs'],
  [0x01_02_19_94, 'tmpfs'],
  [0x2f_c1_2f_c1, 'zfs'],
])

/** The volume's directory; refuses names that could leave the volumes directory or meet our own folders in it. */
export function volumePath(directory: string, name: string): string {
  if (!allowedName.test(name)) {
    throw new ChatonError('bad-input', `"${name}" cannot name a volume: 1 to 63 characters of a-z, 0-9, "-" and "_", no dots or slashes`)
  }
  return join(directory, name)
}

/** `path`, or its nearest ancestor that exists. */
export async function nearestExisting(path: string): Promise<string> {
  try {
    await stat(path)
    return path
  } catch (error) {
    if (!hasSystemCode(error, 'ENOENT') || dirname(path) === path) throw error
    return await nearestExisting(dirname(path))
  }
}

/** Kind of the file system that holds `path` (which need not exist yet): `btrfs`, `ext4`, `xfs`… or its number in hexadecimal. */
export async function fileSystemOf(path: string): Promise<string> {
  const { type } = await statfs(await nearestExisting(path))
  return fileSystems.get(type) ?? `0x${type.toString(16)}`
}

/**
 * Size and room of the file system that holds `path`, in bytes, as df(1) reckons: what is kept back for root alone (5 % on
 * ext4 as it is made) counts neither as free nor as used, since no space will ever have it.
 */
export async function physicalOf(path: string): Promise<{ totalBytes: number; freeBytes: number }> {
  const { bsize, blocks, bfree, bavail } = await statfs(await nearestExisting(path))
  return { totalBytes: bsize * (blocks - bfree + bavail), freeBytes: bsize * bavail }
}

/** Names of the volumes: directories whose name a volume may have, sorted. */
export async function volumeNames(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true })
    return entries.flatMap((entry) => (entry.isDirectory() && allowedName.test(entry.name) ? [entry.name] : [])).toSorted()
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return []
    throw error
  }
}

/** Makes the volumes directory: each space's user must be able to pass through it and to see nothing of the others. */
export async function prepareDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o711 })
}
