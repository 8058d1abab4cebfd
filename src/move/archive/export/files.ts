import { formatSize } from '../../../kit/bytes.ts'
import { asChatonError, ChatonError } from '../../../kit/errors.ts'
import { changed, factsFrom, factsOf, isFolder } from '../../files/facts.ts'
import { tasksOf, type Limits, type Task } from '../../files/lanes.ts'
import { readPack } from '../../files/read-pack.ts'
import type { FilesRun } from '../../files/run.ts'
import { scan } from '../../files/scan.ts'
import { isConflict, isMissing, stops } from '../../files/trouble.ts'
import type { Item } from '../../journal.ts'
import { archiveEnding } from '../layout.ts'
import type { WrittenEntry } from '../zip/writer.ts'
import { fileEntryName, type ArchiveFile } from './writing.ts'

/** What the journal keeps of a file that is in the archive, in `extra`. */
type Archived = Pick<WrittenEntry, 'offset' | 'crc' | 'sha256' | 'size' | 'mtime'>

const archivedOf = (item: Item): Archived | undefined => item.extra['archived'] as Archived | undefined

/** What is at the source, into the journal; an archive of the account that lies in it is no part of it. */
export async function lookAtFiles(run: FilesRun): Promise<void> {
  await scan(run)
  for (const item of run.journal.walk('files', 'found')) {
    if (!item.key.includes('/') && item.key.endsWith(archiveEnding)) run.put(changed(item, { state: 'refused', reason: 'an export of this account, not a part of it', next: 'download it if you want to keep it' }))
  }
}

/** Nothing of an earlier run is in the archive any more. */
export function forgetWritten({ journal }: FilesRun): void {
  for (const item of journal.walk('files', 'moved')) journal.put('files', changed({ ...item, extra: without(item.extra) }, { state: 'found', destinationKey: undefined, destinationMark: undefined }))
}

function without({ archived: _archived, ...extra }: Item['extra']): Item['extra'] {
  return extra
}

/** Writes all that is found into the archive, in the order of the journal; what is small is read ahead, many at once. */
export async function writeFiles(run: FilesRun, archive: ArchiveFile): Promise<void> {
  for await (const { task, contents } of withContents(run)) {
    run.check()
    if (task.lane === 'packed') await writePack(run, archive, { items: task.items, contents })
    else for (const item of task.items) await writeOne(run, archive, item)
  }
}

interface Ready {
  readonly task: Task
  readonly contents: ReadonlyMap<string, Buffer>
}

const nothing: ReadonlyMap<string, Buffer> = new Map()

/** Two packs are in memory at once, each in memory of its own. */
const smaller = (limits: Limits): Limits => ({ ...limits, packedMost: Math.min(limits.packedMost, packMost), batchMost: Math.min(limits.batchMost, packMost) })
const packMost = 4 * 2 ** 20

/** The next pack is read while the one before is written. */
async function* withContents(run: FilesRun): AsyncGenerator<Ready> {
  let ahead: Promise<Ready> | undefined
  for (const task of tasksOf(run.journal.walk('files', 'found'), () => smaller(run.limits))) {
    const now = ahead
    ahead = readyFor(run, task)
    // Handled when it is awaited; until then it must not end the process.
    ahead.catch(() => undefined)
    if (now !== undefined) yield await now
  }
  if (ahead !== undefined) yield await ahead
}

async function readyFor(run: FilesRun, task: Task): Promise<Ready> {
  if (task.lane !== 'packed') return { task, contents: nothing }
  const wanted = task.items.map(({ key, bytes, sourceMark }) => ({ path: key, size: bytes, etag: sourceMark }))
  const { contents, zipFailed } = await readPack(run.context.source, wanted, { zip: run.limits.zip, holdsOnly: (folder, entries) => run.holdsOnly(folder, entries) })
  if (zipFailed !== undefined) run.zipFailed(zipFailed)
  return { task, contents }
}

async function writePack(run: FilesRun, archive: ArchiveFile, { items, contents }: { readonly items: readonly Item[]; readonly contents: ReadonlyMap<string, Buffer> }): Promise<void> {
  run.tell({ note: `${items.length} small files` })
  archive.forgetOpen()
  const written: Item[] = []
  for (const item of items) {
    const bytes = contents.get(item.key)
    if (bytes === undefined) continue
    written.push(archived(item, await archive.writer.add(entryFor(item), bytes)))
  }
  await archive.commit(() => written.forEach((item) => run.done(item)))
  for (const item of items) if (!contents.has(item.key)) await writeOne(run, archive, item)
}

const entryFor = (item: Item): Pick<WrittenEntry, 'name' | 'mtime'> => ({ name: fileEntryName(item.key, isFolder(item)), mtime: factsOf(item).mtime })

function archived(item: Item, { name, offset, crc, sha256, size, mtime }: WrittenEntry): Item {
  const facts: Archived = { offset, crc, sha256, size, mtime }
  return { ...changed(item, { state: 'moved', destinationKey: name, destinationMark: item.sourceMark, reason: undefined, next: undefined }), extra: { ...item.extra, archived: facts } }
}

/** How often a file is begun anew when it changes while it is read. */
const mostTurns = 4

async function writeOne(run: FilesRun, archive: ArchiveFile, first: Item): Promise<void> {
  let item = first
  for (let turn = 1; ; turn++) {
    try {
      run.tell({ note: `${isFolder(item) ? 'folder' : 'file'} "${item.key}"` })
      const entry = isFolder(item) ? await addFolder(archive, item) : await addContent(run, archive, item)
      const done = archived(item, entry)
      await archive.commit(() => run.done(done))
      return
    } catch (error) {
      if (turn >= mostTurns || !(isConflict(error) || isMissing(error))) return run.refuse(item, error)
      const again = await lookAgain(run, item)
      if (again === undefined) return run.refuse(item, error)
      item = again
    }
  }
}

async function addFolder(archive: ArchiveFile, item: Item): Promise<WrittenEntry> {
  archive.forgetOpen()
  return await archive.writer.add(entryFor(item), Buffer.alloc(0))
}

/** Of a large file of which a part is there from an earlier run, the rest. */
async function addContent(run: FilesRun, archive: ArchiveFile, item: Item): Promise<WrittenEntry> {
  return await archive.addLarge({ ...entryFor(item), size: item.bytes }, { key: item.key, mark: item.sourceMark }, (from) => contentOf(run, item, from))
}

/** The file changed at the source. Undefined where it is there no more. */
async function lookAgain(run: FilesRun, item: Item): Promise<Item | undefined> {
  const { files, pace } = run.context.source
  const entry = await pace.run(async () => await files.stat(item.key))
  if (entry === undefined || entry.folder) return undefined
  const now = changed(item, { sourceId: entry.fileId, sourceMark: entry.etag, bytes: entry.size }, factsFrom(entry))
  run.put(now)
  return now
}

const mostBreaks = 6
const firstPauseMs = 1000

/** The content, from where it broke off where the line was cut: the condition on its etag keeps it one content. */
async function* contentOf(run: FilesRun, item: Item, from: number): AsyncGenerator<Buffer> {
  const { files, pace } = run.context.source
  let at = from
  if (at === item.bytes && at > 0) return
  if (at > 0) run.tell({ note: `going on in "${item.key}" after ${formatSize(at)}` })
  for (let breaks = 0; ; ) {
    const { stream } = await pace.run(async () => await files.read(item.key, { etag: item.sourceMark, ...(at === 0 ? {} : { from: at }) }))
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        run.check()
        at += chunk.length
        breaks = 0
        yield chunk
      }
      return
    } catch (thrown) {
      breaks += 1
      if (!isCut(thrown) || at >= item.bytes || breaks > mostBreaks) throw thrown
      run.tell({ problem: `${item.key}: ${asChatonError(thrown).message}` })
      await run.pause(firstPauseMs * 2 ** (breaks - 1))
    } finally {
      stream.destroy()
    }
  }
}

function isCut(thrown: unknown): boolean {
  const error = asChatonError(thrown)
  return error.retryable || (error.code === 'bug' && !(thrown instanceof ChatonError)) || (error.code === 'remote-failed' && !stops(error))
}

/** Files and folders in the archive that are still at the source, in the order of their paths. */
export function* writtenFiles({ journal }: FilesRun): Generator<WrittenEntry & { readonly ctime: number | undefined }> {
  for (const item of journal.walk('files', 'moved')) {
    const facts = archivedOf(item)
    if (facts !== undefined) yield { ...facts, name: item.destinationKey ?? '', ctime: factsOf(item).ctime }
  }
}
