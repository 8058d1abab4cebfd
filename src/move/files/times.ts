import { asChatonError } from '../../kit/errors.ts'
import type { Item } from '../journal.ts'
import { factsOf, isFolder, keepsTime } from './facts.ts'
import type { FilesRun } from './run.ts'
import { isMissing, stops } from './trouble.ts'
import { inParallel } from '../workers.ts'

/**
 * Gives the folders that this move made their times, the deepest first: each write below a folder gave it a new one. Last of all.
 * After a run that ended in the middle, all folders are set: which ones had been touched is not known.
 */
export async function setFolderTimes(run: FilesRun): Promise<void> {
  if (run.journal.fact('files.times') !== 'open') return
  const folders = run.resumed ? allFolders(run) : [...run.touched]
  const byDepth = Map.groupBy(folders.filter((folder) => folder !== ''), (folder) => folder.split('/').length)
  for (const [, level] of [...byDepth].toSorted(([a], [b]) => b - a)) {
    await inParallel(level, run.context.destination.pace.most, async (folder) => {
      run.check()
      const item = run.journal.get('files', folder)
      if (item?.state === 'moved' && isFolder(item)) await setTimes(run, item)
    })
  }
  run.journal.setFact('files.times', 'done')
}

function allFolders(run: FilesRun): string[] {
  const folders: string[] = []
  for (const item of run.journal.walk('files', 'moved')) if (isFolder(item)) folders.push(item.key)
  return folders
}

async function setTimes(run: FilesRun, item: Item): Promise<void> {
  const { files, pace } = run.context.destination
  const { mtime, ctime } = factsOf(item)
  const { destinationKey } = item
  if (!keepsTime(mtime) || destinationKey === undefined) return
  try {
    await pace.run(async () => await files.setTimes(destinationKey, { mtime, ctime }), 'times')
  } catch (error) {
    if (stops(asChatonError(error))) throw error
    if (!isMissing(error)) run.note(`the folder "${destinationKey}" did not take its time: ${asChatonError(error).message}`)
  }
}
