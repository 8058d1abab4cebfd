import type { ChatonError } from '../../kit/errors.ts'
import type { Item } from '../journal.ts'
import { Aside, refusedAlone } from './aside.ts'
import { isFolder } from './facts.ts'
import { isBelow } from './names.ts'
import type { FilesRun } from './run.ts'
import { isConflict } from './trouble.ts'

/**
 * Deletes at the destination (into its trash) what is gone from the source, if this move put it there and nobody touched it since.
 * What a server refuses to delete is tried again after all others: the film of a live photo goes with its picture alone. Then it stays.
 */
export async function withdraw(run: FilesRun): Promise<void> {
  const aside = new Aside()
  const folders: string[] = []
  for (const { key } of run.journal.walk('files', 'gone')) {
    run.check()
    const item = run.journal.get('files', key)
    if (item?.state !== 'gone') continue
    if (!isFolder(item)) await aside.unless(key, async () => await withdrawFile(run, item))
    else if (!(await withdrawWhole(run, item).catch(oneByOne))) folders.push(key)
  }
  const staying: string[] = []
  for (const key of [...aside.keys, ...folders.toReversed()]) {
    run.check()
    const item = run.need(key)
    const error = await aside.again(async () => await (isFolder(item) ? withdrawEmptied(run, item, staying) : withdrawFile(run, item)))
    if (error !== undefined) staying.push(stays(run, item, error))
  }
}

/** A folder that does not go whole. Throws what ends the run. */
function oneByOne(thrown: unknown): false {
  refusedAlone(thrown)
  return false
}

/** Answers where it is. */
function stays(run: FilesRun, { key, destinationKey = '' }: Item, { message }: ChatonError): string {
  run.note(`"${destinationKey}" is gone from the source, and could not be deleted at the destination: it stays (${message})`)
  run.journal.delete('files', key)
  return destinationKey
}

async function withdrawFile(run: FilesRun, item: Item): Promise<void> {
  const { files, pace } = run.context.destination
  const { destinationKey = '', destinationMark = '' } = item
  run.touch(item.key)
  try {
    await pace.run(async () => await files.remove(destinationKey, destinationMark))
  } catch (error) {
    if (!isConflict(error)) throw error
    run.note(`"${destinationKey}" is gone from the source, and was changed at the destination since: it stays`)
  }
  run.journal.delete('files', item.key)
}

/** A folder in which everything is ours and untouched goes in one request, and lies in the trash as one thing. */
async function withdrawWhole(run: FilesRun, item: Item): Promise<boolean> {
  const { files, pace } = run.context.destination
  const path = item.destinationKey ?? ''
  const entry = await pace.run(async () => await files.stat(path))
  if (entry?.folder === true) {
    if (!(await isUntouched(run, item.key, path))) return false
    run.touch(item.key)
    await pace.run(async () => await files.remove(path, entry.etag))
  }
  run.journal.together(() => {
    for (const below of run.journal.under('files', item.key)) if (below.state === 'gone') run.journal.delete('files', below.key)
    run.journal.delete('files', item.key)
  })
  return true
}

async function isUntouched(run: FilesRun, key: string, path: string): Promise<boolean> {
  const { files, pace } = run.context.destination
  const below = await pace.run(async () => {
    const folders: string[] = []
    for await (const entry of files.list(path)) {
      const item = run.journal.get('files', key + entry.path.slice(path.length))
      const ours = item?.state === 'gone' && item.destinationKey === entry.path && isFolder(item) === entry.folder
      if (!ours || (!entry.folder && item.destinationMark !== entry.etag)) return undefined
      if (entry.folder) folders.push(entry.path)
    }
    return folders
  })
  if (below === undefined) return false
  for (const folder of below) if (!(await isUntouched(run, key + folder.slice(path.length), folder))) return false
  return true
}

/** What was in it went one by one; if something of others is left, it stays. */
async function withdrawEmptied(run: FilesRun, item: Item, staying: readonly string[]): Promise<void> {
  const { files, pace } = run.context.destination
  const path = item.destinationKey ?? ''
  const entry = await pace.run(async () => await files.stat(path))
  if (entry?.folder === true) {
    const empty = await pace.run(async () => {
      for await (const _entry of files.list(path)) return false
      return true
    })
    if (empty) await pace.run(async () => await files.remove(path, entry.etag)).catch((error: unknown) => keep(error))
    else if (!staying.some((each) => isBelow(each, path))) run.note(`the folder "${path}" is gone from the source; at the destination it holds more than this move put there: it stays`)
  }
  run.journal.delete('files', item.key)
}

function keep(error: unknown): void {
  if (!isConflict(error)) throw error
}
