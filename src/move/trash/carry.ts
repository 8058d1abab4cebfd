import { asChatonError, ChatonError } from '../../kit/errors.ts'
import type { RemoteEntry } from '../../nextcloud/files/contract.ts'
import { listTrash, readTrashed, type TrashEntry } from '../../nextcloud/files/trash.ts'
import { join, nameOf } from '../files/names.ts'
import { notOwn } from '../files/own.ts'
import type { FilesRun } from '../files/run.ts'
import { SourceFailed, through } from '../files/through.ts'
import { isConflict, isTooLarge, reasonOf, stops } from '../files/trouble.ts'
import type { Item } from '../journal.ts'
import { trashFacts, withTrash } from './facts.ts'
import { freePlace, makeAll, missingAbove, refuseOthers, unmake } from './place.ts'

const put = (run: FilesRun, item: Item): Item => {
  run.journal.put('trash', item)
  return item
}

/** Uploads one thing and deletes it. Throws what ends the whole run. */
export async function carryTrashed(run: FilesRun, first: Item, resting: Resting): Promise<void> {
  try {
    const item = first.state === 'writing' ? await recovered(run, first) : first
    if (item.state === 'moved') return
    const name = nameOf(trashFacts(item).location)
    const refused = run.context.destination.files.abilities.refusesName(name)
    if (refused !== undefined) return void put(run, { ...item, state: 'refused', reason: `the destination refuses the name: ${refused}`, next: 'take it out of the trash at the source and give it another name' })
    await deleted(run, await uploaded(run, await announced(run, item)), resting)
  } catch (thrown) {
    const error = thrown instanceof SourceFailed ? thrown.cause : thrown
    run.check()
    if (stops(asChatonError(error))) throw error
    const { reason, next } = isTooLarge(error) ? { reason: 'the destination takes nothing of this size in one request', next: 'take it out of the trash at the source, and run the move again' } : reasonOf(asChatonError(error))
    const now = run.journal.get('trash', first.key)
    if (now !== undefined) put(run, { ...now, state: 'refused', reason, next })
  }
}

/** Written down before anything is written out. */
async function announced(run: FilesRun, item: Item): Promise<Item> {
  if (item.state === 'writing') return item
  const path = await freePlace(run, item)
  const missing = await missingAbove(run, path)
  const told = put(run, withTrash(item, { state: 'writing', destinationKey: path, reason: undefined, next: undefined }, { made: missing }))
  run.touch(trashFacts(item).location)
  if (missing.length === 0) return told
  return put(run, withTrash(told, {}, { made: await makeAll(run, missing) }))
}

/** What became of it in a run that ended in the middle. It was announced where nothing was: what stands there as announced is ours, unless it belongs to others. */
async function recovered(run: FilesRun, item: Item): Promise<Item> {
  const { files, remote, pace } = run.context.destination
  run.touch(trashFacts(item).location)
  const entry = await pace.run(async () => await files.stat(item.destinationKey ?? ''))
  if (entry !== undefined && notOwn(entry) === undefined && isOurs(item, entry)) return item
  if (entry === undefined && item.destinationId !== undefined) {
    const trashed = await pace.run(async () => await listTrash(remote, ''))
    if (trashed.some(({ fileId }) => fileId === item.destinationId)) return await finished(run, item)
  }
  await unmake(run, trashFacts(item).made ?? [])
  return put(run, withTrash(item, { state: 'found', destinationKey: undefined, destinationId: undefined, destinationMark: undefined }, { made: [] }))
}

/** Pure. */
export function isOurs(item: Item, entry: Pick<RemoteEntry, 'fileId' | 'folder' | 'size' | 'mtime'>): boolean {
  const { folder = false, mtime } = trashFacts(item)
  if (item.destinationId !== undefined) return entry.fileId === item.destinationId
  return entry.folder === folder && (folder ? entry.size === 0 : entry.size === item.bytes && entry.mtime === mtime)
}

async function uploaded(run: FilesRun, item: Item): Promise<Item> {
  const { files, pace } = run.context.destination
  const path = item.destinationKey ?? ''
  const { folder, mtime } = trashFacts(item)
  const stat = async (): Promise<RemoteEntry> => {
    const entry = await pace.run(async () => await files.stat(path))
    if (entry === undefined) throw new ChatonError('not-found', `"${path}" is no longer at the destination`)
    refuseOthers(entry)
    return entry
  }
  if (folder !== true) {
    const there = item.destinationId === undefined ? await pace.run(async () => await files.stat(path)) : undefined
    if (there === undefined && item.destinationId === undefined) await upload(run, { from: item.key, to: path, mtime })
  } else if (item.destinationId === undefined) {
    await pace.run(async () => await files.makeFolder(path))
    put(run, withTrash(item, { destinationId: (await stat()).fileId }))
  }
  if (folder === true) await uploadBelow(run, item.key, path)
  const { fileId, etag } = await stat()
  return put(run, withTrash(item, { destinationId: fileId, destinationMark: etag }))
}

/** Into a folder that this move made: what is there already is of an earlier run, and whole. */
async function uploadBelow(run: FilesRun, from: string, to: string): Promise<void> {
  const { source, destination } = run.context
  const below = await source.pace.run(async () => await listTrash(source.remote, from))
  for (const entry of below) {
    run.check()
    const path = join(to, nameOf(entry.path))
    if (entry.folder) {
      await destination.pace.run(async () => await destination.files.makeFolder(path))
      await uploadBelow(run, entry.path, path)
    } else await uploadNew(run, entry, path)
  }
}

async function uploadNew(run: FilesRun, { path: from, mtime }: TrashEntry, to: string): Promise<void> {
  try {
    await upload(run, { from, to, mtime })
  } catch (error) {
    if (!isConflict(error)) throw error
  }
}

async function upload(run: FilesRun, { from, to, mtime }: { readonly from: string; readonly to: string; readonly mtime: number }): Promise<void> {
  const { source, destination } = run.context
  await through(
    run,
    async () => await readTrashed(source.remote, from),
    async (body) => await destination.files.write(to, body, { over: 'new', mtime }),
  )
}

/** When something of a name was deleted last: two of one name in one second, and the server forgets the first (Trashbin::move2trash). */
export type Resting = Map<string, number>
const restMs = 1500

async function deleted(run: FilesRun, item: Item, resting: Resting): Promise<void> {
  const { files, pace } = run.context.destination
  const { destinationKey = '', destinationMark = '' } = item
  const name = nameOf(destinationKey)
  const { clock } = run.context
  const wait = (resting.get(name) ?? 0) + restMs - clock.now().getTime()
  if (wait > 0) await run.pause(wait)
  await pace.run(async () => await files.remove(destinationKey, destinationMark))
  resting.set(name, clock.now().getTime())
  await finished(run, item)
}

async function finished(run: FilesRun, item: Item): Promise<Item> {
  await unmake(run, trashFacts(item).made ?? [])
  return put(run, withTrash(item, { state: 'moved' }, { made: [] }))
}
