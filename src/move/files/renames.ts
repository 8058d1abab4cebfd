import type { ChatonError } from '../../kit/errors.ts'
import type { Item } from '../journal.ts'
import { Aside, refusedAlone } from './aside.ts'
import { changed, factsOf, isFolder } from './facts.ts'
import { entriesAt } from './look.ts'
import { isBelow, join, parentOf } from './names.ts'
import type { FilesRun } from './run.ts'
import { isConflict, isMissing, mayHaveHappened } from './trouble.ts'

/**
 * What is gone from one path and found at another under the same file id is moved at the destination too. What a server refuses to
 * move is tried again after all others. Then it stays where it is, and is carried like what is new.
 */
export async function followRenames(run: FilesRun): Promise<void> {
  const aside = new Aside()
  for (const { key } of run.journal.walk('files', 'gone')) {
    run.check()
    await aside.unless(key, async () => await followGone(run, key))
  }
  for (const key of aside.keys) {
    run.check()
    const error = await aside.again(async () => await followGone(run, key))
    if (error !== undefined) stays(run, run.need(key), error)
  }
}

function stays(run: FilesRun, { key, destinationKey = '' }: Item, { message }: ChatonError): void {
  run.note(`"${destinationKey}" has another name or place at the source, and could not be moved at the destination: it stays, and is carried once more (${message})`)
  run.journal.delete('files', key)
}

async function followGone(run: FilesRun, key: string): Promise<void> {
  const gone = run.journal.get('files', key)
  if (gone?.state !== 'gone' || gone.destinationKey === undefined) return
  const found = run.journal.bySourceId('files', gone.sourceId).find((item) => item.state === 'found' && isFolder(item) === isFolder(gone) && (item.destinationKey === undefined || item.destinationKey === gone.destinationKey || factsOf(item).from !== undefined))
  if (found !== undefined) await follow(run, gone, found)
}

interface Renamed {
  readonly gone: Item
  readonly found: Item
  /** Path at the destination. */
  readonly to: string
}

async function follow(run: FilesRun, gone: Item, found: Item): Promise<void> {
  const from = gone.destinationKey ?? ''
  const place = await run.places.ready(parentOf(found.key))
  const name = run.places.nameFor(place, found)
  const to = join(place.path, name)
  const done = factsOf(found).from !== undefined && found.destinationKey === to && place.names.get(name)?.fileId === found.destinationId
  if (to !== from && !done) {
    if (place.names.has(name) || !(await isAsWritten(run, gone))) return
    run.touch(gone.key)
    run.touch(found.key)
    if (!(await move(run, { gone, found, to }))) return
  }
  run.journal.together(() => {
    if (isFolder(gone)) bringAlong(run, { gone, found, to })
    run.journal.delete('files', gone.key)
    const same = isFolder(gone) || gone.sourceMark === found.sourceMark
    const fields = { destinationKey: to, destinationId: gone.destinationId, destinationMark: gone.destinationMark, state: same ? ('moved' as const) : ('found' as const) }
    const { md5, alone } = factsOf(gone)
    run.put(changed(found, fields, { from: undefined, md5, alone }))
  })
  if (to !== from) run.places.forgetAll()
}

/** What is in a folder that was moved. What leaves it is known by its old path, of which no folder is left: the folders that it leaves change under their new ones. */
function bringAlong(run: FilesRun, { gone, found, to }: Renamed): void {
  if (factsOf(gone).mtime !== factsOf(found).mtime) run.touch(join(found.key, 'any'))
  const from = gone.destinationKey ?? ''
  if (to === from) return
  for (const item of run.journal.under('files', gone.key)) {
    const key = found.key + item.key.slice(gone.key.length)
    if (item.state === 'gone' && run.journal.get('files', key)?.sourceId !== item.sourceId) run.touch(key)
    relocate(run, item, { from, to })
  }
}

/** A file is still what this move wrote, a folder still there. */
async function isAsWritten(run: FilesRun, { destinationKey = '', destinationMark, extra }: Item): Promise<boolean> {
  const { files, pace } = run.context.destination
  const entry = await pace.run(async () => await files.stat(destinationKey))
  if (entry === undefined) return false
  return extra['folder'] === true ? entry.folder : entry.etag === destinationMark
}

async function move(run: FilesRun, { gone, found, to }: Renamed): Promise<boolean> {
  const { files, pace } = run.context.destination
  const from = gone.destinationKey ?? ''
  const id = (await pace.run(async () => await entriesAt(files, [from]))).get(from)?.fileId
  run.put(changed(found, { state: 'writing', destinationKey: to, destinationId: id }, { from }))
  const arrived = async (): Promise<boolean> => id !== undefined && (await entriesAt(files, [to])).get(to)?.fileId === id
  let attempts = 0
  try {
    await pace.run(async () => {
      attempts += 1
      if (attempts > 1 && (await arrived())) return
      await files.move(from, to)
    })
    return true
  } catch (thrown) {
    const error = refusedAlone(thrown)
    if (mayHaveHappened(error) && (await pace.run(arrived).catch(unknown))) return true
    run.put(found)
    run.places.forget(parentOf(found.key))
    if (!isConflict(error) && !isMissing(error)) throw error
    return false
  }
}

/** Whether it has arrived is not known. Throws what ends the run. */
function unknown(thrown: unknown): false {
  refusedAlone(thrown)
  return false
}

function relocate(run: FilesRun, item: Item, { from, to }: { readonly from: string; readonly to: string }): void {
  const path = item.destinationKey
  if (path !== undefined && isBelow(path, from)) run.put({ ...item, destinationKey: to + path.slice(from.length) })
}
