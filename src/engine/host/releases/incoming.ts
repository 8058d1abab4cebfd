import { mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ChatonError, hasSystemCode } from '../../../kit/errors.ts'
import { ensureDirectory } from '../../../kit/files.ts'
import { lockFile } from '../../../kit/lock.ts'

const prefix = '.incoming-'

/**
 * Work in a temporary directory on the file system of `directory`, one run at a time; it is gone afterwards, and what
 * a killed run left goes first. Throws `conflict` while another run is at it, `no-room` when the disk is full.
 */
export async function withIncoming<T>(directory: string, work: (temporary: string) => Promise<T>): Promise<T> {
  await ensureDirectory(directory, { mode: 0o755 })
  await using _lock = await lockFile(join(directory, '.lock'), directory)
  for (const name of await readdir(directory)) {
    if (name.startsWith(prefix)) await rm(join(directory, name), { recursive: true, force: true })
  }
  const temporary = await mkdtemp(join(directory, prefix))
  try {
    return await work(temporary)
  } catch (error) {
    const full = hasSystemCode(error, 'ENOSPC', 'EDQUOT') || (error instanceof Error && /No space left on device|Disk quota exceeded/.test(error.message))
    if (!full) throw error
    throw new ChatonError('no-room', `the disk under ${directory} is full`, {
      next: [`make room (a Nextcloud release needs about 3 GB while it is unpacked); see: df -h ${directory}`],
      cause: error,
    })
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

/** Removes a tree so that nobody ever sees half of it: renamed first, then deleted. */
export async function removeTree(directory: string, path: string): Promise<void> {
  await withIncoming(directory, async (temporary) => {
    await rename(path, join(temporary, 'removed'))
  })
}
