import { ChatonError } from '../../kit/errors.ts'
import type { RemoteEntry } from '../../nextcloud/files/contract.ts'
import { deleteTrashed, listTrash } from '../../nextcloud/files/trash.ts'
import { besideName, foldersAbove, join, nameOf, parentOf } from '../files/names.ts'
import { notOwn } from '../files/own.ts'
import type { FilesRun } from '../files/run.ts'
import { isConflict } from '../files/trouble.ts'
import type { Item } from '../journal.ts'
import { trashFacts, type Made } from './facts.ts'

/** Where something deleted is put, to be deleted again: at its own place if that is free and the account's own, else beside what is there. */
export async function freePlace(run: FilesRun, item: Item): Promise<string> {
  const { location } = trashFacts(item)
  const folder = await ownFolder(run, run.journal.get('files', parentOf(location))?.destinationKey ?? parentOf(location))
  for (let turn = 0; turn < mostTurns; turn++) {
    const name = turn === 0 ? nameOf(location) : besideName(nameOf(location), { host: run.host, turn })
    const path = join(folder, name)
    if ((await entryAt(run, path)) === undefined) return path
  }
  throw new ChatonError('conflict', `no name is free beside "${location}"`)
}

const mostTurns = 50

/** A folder with, in place of the first one that belongs to others on the way to it, one of the account's own beside it. What is put into theirs is theirs, in their trash, too. */
async function ownFolder(run: FilesRun, folder: string): Promise<string> {
  for (const path of foldersAbove(`${folder}/`).toReversed()) {
    const entry = await entryAt(run, path)
    if (entry === undefined) return folder
    if (notOwn(entry) !== undefined) return await ownFolder(run, (await ownBeside(run, path)) + folder.slice(path.length))
  }
  return folder
}

/** Beside a path: the first one that is free, or a folder of the account's own that is there already. */
async function ownBeside(run: FilesRun, path: string): Promise<string> {
  for (let turn = 1; turn < mostTurns; turn++) {
    const beside = join(parentOf(path), besideName(nameOf(path), { host: run.host, turn }))
    const entry = await entryAt(run, beside)
    if (entry === undefined || (entry.folder && notOwn(entry) === undefined)) return beside
  }
  throw new ChatonError('conflict', `no name is free beside "${path}"`)
}

async function entryAt(run: FilesRun, path: string): Promise<RemoteEntry | undefined> {
  const { files, pace } = run.context.destination
  return await pace.run(async () => await files.stat(path))
}

/** Folders above a path that are not at the destination, the deepest first; not made yet. */
export async function missingAbove(run: FilesRun, path: string): Promise<Made[]> {
  const missing: Made[] = []
  for (const folder of foldersAbove(path)) {
    const there = await entryAt(run, folder)
    if (there?.folder === true) break
    if (there !== undefined) throw new ChatonError('conflict', `a file has the name of the folder "${folder}"`)
    missing.push({ path: folder, fileId: '' })
  }
  return missing
}

/** Makes them, and answers them with their ids. Throws `conflict` where others have shared a folder of that name meanwhile. */
export async function makeAll(run: FilesRun, missing: readonly Made[]): Promise<Made[]> {
  const { files, pace } = run.context.destination
  const made: Made[] = []
  for (const { path } of missing.toReversed()) {
    await pace.run(async () => await files.makeFolder(path))
    const entry = await entryAt(run, path)
    if (entry !== undefined) refuseOthers(entry)
    made.unshift({ path, fileId: entry?.fileId ?? '' })
  }
  return made
}

/** Throws `conflict` for what stands where nothing stood, and belongs to others. */
export function refuseOthers(entry: RemoteEntry): void {
  if (notOwn(entry) !== undefined) throw new ChatonError('conflict', `somebody else has made the folder "${entry.path}"`)
}

/** Those made, if nothing has come into them: deleted, and deleted from the trash. */
export async function unmake(run: FilesRun, made: readonly Made[]): Promise<void> {
  const { files, remote, pace } = run.context.destination
  for (const { path, fileId } of made) {
    const entry = await entryAt(run, path)
    if (entry?.folder !== true || notOwn(entry) !== undefined || (fileId !== '' && entry.fileId !== fileId) || !(await isEmpty(run, path))) return
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
