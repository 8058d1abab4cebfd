import { ChatonError } from '../../kit/errors.ts'
import { deleteTrashed, listTrash } from '../../nextcloud/files/trash.ts'
import { besideName, foldersAbove, join, nameOf, parentOf } from '../files/names.ts'
import type { FilesRun } from '../files/run.ts'
import { isConflict } from '../files/trouble.ts'
import type { Item } from '../journal.ts'
import { trashFacts, type Made } from './facts.ts'

/** Where something deleted is put, to be deleted again: at its own place if that is free, else beside what is there. */
export async function freePlace(run: FilesRun, item: Item): Promise<string> {
  const { files, pace } = run.context.destination
  const { location } = trashFacts(item)
  const folder = run.journal.get('files', parentOf(location))?.destinationKey ?? parentOf(location)
  for (let turn = 0; turn < mostTurns; turn++) {
    const name = turn === 0 ? nameOf(location) : besideName(nameOf(location), { host: run.host, turn })
    const path = join(folder, name)
    if ((await pace.run(async () => await files.stat(path))) === undefined) return path
  }
  throw new ChatonError('conflict', `no name is free beside "${location}"`)
}

const mostTurns = 50

/** Folders above a path that are not at the destination, the deepest first; not made yet. */
export async function missingAbove(run: FilesRun, path: string): Promise<Made[]> {
  const { files, pace } = run.context.destination
  const missing: Made[] = []
  for (const folder of foldersAbove(path)) {
    const there = await pace.run(async () => await files.stat(folder))
    if (there?.folder === true) break
    if (there !== undefined) throw new ChatonError('conflict', `a file has the name of the folder "${folder}"`)
    missing.push({ path: folder, fileId: '' })
  }
  return missing
}

/** Makes them, and answers them with their ids. */
export async function makeAll(run: FilesRun, missing: readonly Made[]): Promise<Made[]> {
  const { files, pace } = run.context.destination
  const made: Made[] = []
  for (const { path } of missing.toReversed()) {
    await pace.run(async () => await files.makeFolder(path))
    made.unshift({ path, fileId: (await pace.run(async () => await files.stat(path)))?.fileId ?? '' })
  }
  return made
}

/** Those made, if nothing has come into them: deleted, and deleted from the trash. */
export async function unmake(run: FilesRun, made: readonly Made[]): Promise<void> {
  const { files, remote, pace } = run.context.destination
  for (const { path, fileId } of made) {
    const entry = await pace.run(async () => await files.stat(path))
    if (entry?.folder !== true || (fileId !== '' && entry.fileId !== fileId) || !(await isEmpty(run, path))) return
    try {
      await pace.run(async () => await files.remove(path, entry.etag))
    } catch (error) {
      if (isConflict(error)) return
      throw error
    }
    await pace.run(async () => {
      for (const trashed of await listTrash(remote, '')) if (trashed.fileId === entry.fileId) await deleteTrashed(remote, trashed.path)
    })
  }
}

async function isEmpty(run: FilesRun, path: string): Promise<boolean> {
  const { files, pace } = run.context.destination
  return await pace.run(async () => {
    for await (const _entry of files.list(path)) return false
    return true
  })
}
