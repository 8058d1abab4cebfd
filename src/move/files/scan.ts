import { asChatonError } from '../../kit/errors.ts'
import { detached } from '../../kit/memory.ts'
import type { RemoteEntry } from '../../nextcloud/files/contract.ts'
import type { Item } from '../journal.ts'
import { changed, factsOf, isFolder, isOurs } from './facts.ts'
import { merged, refused } from './merge.ts'
import { join, nameOf, otherKey } from './names.ts'
import type { FilesRun } from './run.ts'
import { isMissing, reasonOf, stops } from './trouble.ts'
import { inParallel } from '../workers.ts'

interface Folder {
  readonly path: string
  /** As its parent's list told it: a later change shows as another one. */
  readonly etag: string
}

/** Entries of a list that are written to the journal at once. */
const batchSize = 100

/**
 * Brings the journal up to date with the source, breadth first. Folders whose etag is that of their last listing are not entered. What
 * is gone from the source stays in the journal as `gone` if this move put it at the destination.
 */
export async function scan(run: FilesRun): Promise<void> {
  const { files, pace } = run.context.source
  const root = await pace.run(async () => await files.stat(''))
  if (root === undefined) throw await pace.run(async () => await firstError(files.list('')))
  retryRefused(run)
  let level: Folder[] = run.journal.fact('files.scan') === 'open' ? unlisted(run) : []
  if (run.journal.fact('files.root') !== root.etag) level.push({ path: '', etag: root.etag })
  if (level.length === 0) return
  run.journal.setFact('files.scan', 'open')
  let whole = true
  while (level.length > 0) {
    const below: Folder[] = []
    await inParallel(level, pace.most, async (folder) => {
      run.check()
      const found = await listOrRefuse(run, folder)
      whole &&= found !== undefined
      below.push(...(found ?? []))
    })
    level = below
  }
  if (whole) run.journal.setFact('files.scan', 'done')
}

/** The account's root is always there: the reason why it is not comes from asking for its list. */
async function firstError(list: AsyncIterable<RemoteEntry>): Promise<unknown> {
  try {
    for await (const _entry of list) break
    return asChatonError(new Error('the account has no root folder'))
  } catch (error) {
    return error
  }
}

/** What was refused for what may have passed. */
function retryRefused(run: FilesRun): void {
  for (const item of run.journal.walk('files', 'refused')) {
    if (factsOf(item).again === true) run.put(changed(item, { state: 'found', reason: undefined, next: undefined }, { again: undefined }))
  }
}

/** After a scan that was broken off: the folders that it knew and did not enter. */
function unlisted(run: FilesRun): Folder[] {
  const folders: Folder[] = []
  for (const item of run.journal.walk('files')) {
    if (isFolder(item) && item.state !== 'refused' && item.state !== 'gone' && factsOf(item).listed !== item.sourceMark) folders.push({ path: item.key, etag: item.sourceMark })
  }
  return folders
}

/** Undefined where the folder cannot be listed; the next run tries again. */
async function listOrRefuse(run: FilesRun, folder: Folder): Promise<Folder[] | undefined> {
  const { pace } = run.context.source
  try {
    return await pace.run(async () => await listInto(run, folder))
  } catch (error) {
    const known = asChatonError(error)
    if (folder.path === '' || stops(known)) throw error
    const { reason, next } = isMissing(error) ? { reason: 'it was listed, but cannot be opened', next: 'give it another name at the source, and run the move again' } : reasonOf(known)
    const item = run.need(folder.path)
    if (item.state === 'found') run.put(changed(item, { state: 'refused', reason, next }, { again: true }))
    else run.note(`"${folder.path}" could not be listed again: ${reason}`)
    run.tell({ problem: `${folder.path}: ${reason}` })
    return undefined
  }
}

/** Takes in the list of one folder; answers the folders in it that are to be entered. */
async function listInto(run: FilesRun, folder: Folder): Promise<Folder[]> {
  /** File ids by name. */
  const seen = new Map<string, string>()
  const below: Folder[] = []
  let batch: RemoteEntry[] = []
  const flush = (): void => {
    run.journal.together(() => batch.forEach((entry) => below.push(...take(run, entry, seen))))
    batch = []
  }
  for await (const entry of run.context.source.files.list(folder.path)) {
    batch.push(entry)
    if (batch.length >= batchSize) flush()
  }
  run.journal.together(() => {
    flush()
    forgetVanished(run, folder.path, seen)
    if (folder.path === '') run.journal.setFact('files.root', folder.etag)
    else run.put(changed(run.need(folder.path), {}, { listed: folder.etag }))
  })
  run.tell({ found: seen.size, note: `listing "${folder.path}"` })
  return below
}

function take(run: FilesRun, entry: RemoteEntry, seen: Map<string, string>): Folder[] {
  const { pass } = run
  const name = nameOf(entry.path)
  const twin = seen.get(name)
  if (twin !== undefined && twin !== entry.fileId) {
    const key = otherKey(entry.path, entry.fileId)
    seen.set(nameOf(key), detached(entry.fileId))
    run.put({ ...refused(entry, pass, unreachable), key })
    return []
  }
  seen.set(detached(name), detached(entry.fileId))
  const known = run.journal.get('files', entry.path)
  if (known !== undefined && isFolder(known) !== entry.folder) makeWay(run, known)
  const item = merged(known, entry, { pass, refuses: (name) => run.context.destination.files.abilities.refusesName(name) })
  if (item !== undefined) {
    run.put(item)
    if (item.state === 'moved' && entry.folder) run.touch(join(entry.path, 'any'))
  }
  const now = item ?? known
  return now === undefined || !entry.folder || now.state === 'refused' || factsOf(now).listed === entry.etag ? [] : [{ path: detached(entry.path), etag: detached(entry.etag) }]
}

const unreachable = {
  reason: 'another entry of this folder has the same name in another Unicode form: the server gives only one of the two',
  next: 'give one of them another name at the source, and run the move again',
}

/** A folder stands where a file was, or the other way round: what was written of it goes first, under a key that no path has. */
function makeWay(run: FilesRun, known: Item): void {
  vanishBelow(run, known)
  if (isOurs(known) && known.destinationKey !== undefined) run.put(changed(known, { key: otherKey(known.key, known.sourceId), state: 'gone' }))
}

function forgetVanished(run: FilesRun, folder: string, seen: ReadonlyMap<string, string>): void {
  for (let after = ''; ; ) {
    const children = run.journal.children('files', folder, { after })
    for (const child of children) {
      if (!seen.has(nameOf(child.key))) vanishWhole(run, child)
    }
    const last = children.at(-1)
    if (last === undefined) return
    after = last.key
  }
}

function vanishWhole(run: FilesRun, item: Item): void {
  vanishBelow(run, item)
  vanish(run, item)
}

function vanishBelow(run: FilesRun, folder: Item): void {
  if (folder.state === 'gone' || !isFolder(folder)) return
  for (const item of run.journal.under('files', folder.key)) vanish(run, item)
}

function vanish(run: FilesRun, item: Item): void {
  if (item.state === 'gone') return
  if (isOurs(item) && item.destinationKey !== undefined) run.put(changed(item, { state: 'gone' }, { listed: undefined }))
  else run.journal.delete('files', item.key)
}
