import { asChatonError, ChatonError } from '../../kit/errors.ts'
import { listVersions, readVersion } from '../../nextcloud/files/versions.ts'
import { keepsTime } from '../files/facts.ts'
import type { FilesRun } from '../files/run.ts'
import { SourceFailed, through } from '../files/through.ts'
import { isConflict, isTooLarge, reasonOf, stops } from '../files/trouble.ts'
import type { Item } from '../journal.ts'
import { fileOf, versionFacts, withFacts } from './facts.ts'
import { adopt, bringBack, changedMeanwhile, lookAmongVersions, restore } from './present.ts'

/** Writes the old contents of one file into it, oldest first, and brings back its present content. Throws what ends the whole run. */
export async function replay(run: FilesRun, sourceId: string, found: readonly Item[]): Promise<void> {
  const file = fileOf(run.journal, sourceId)
  const refusal = refusalOf(file)
  if (refusal !== undefined || file === undefined) return put(run, found, { state: 'refused', ...(refusal ?? notCarried) })
  try {
    const left = await notThere(run, file, found)
    if (left.length > 0) await write(run, file, left)
  } catch (error) {
    const cause = error instanceof SourceFailed ? error.cause : error
    run.check()
    if (stops(asChatonError(cause))) throw cause
    const { reason, next } = isTooLarge(cause) ? tooLarge : reasonOf(asChatonError(cause))
    const open = found.map(({ key }) => run.journal.get('versions', key)).filter((item) => item?.state === 'found')
    put(run, open.filter((item) => item !== undefined), { state: 'refused', reason, next })
  }
}

const notCarried = { reason: 'the file itself was not carried', next: 'see what the report says of the file' }
const tooLarge = { reason: 'the destination takes nothing of this size in one request', next: 'fetch the old version that you still need from the old account' }

/** Pure. */
function refusalOf(file: Item | undefined): { readonly reason: string; readonly next: string } | undefined {
  if (file?.state === 'there') return { reason: 'the file was at the destination already, written by somebody else: nothing is written into it', next: 'fetch the old version that you still need from the old account' }
  return file?.state === 'moved' && file.destinationMark !== undefined && file.destinationId !== undefined ? undefined : notCarried
}

/** Those that the destination lacks: later passes of the files leave versions by themselves. */
async function notThere(run: FilesRun, file: Item, found: readonly Item[]): Promise<Item[]> {
  const { remote, pace } = run.context.destination
  const there = await pace.run(async () => await listVersions(remote, file.destinationId ?? ''))
  const stamps = new Set(there.map(({ stamp }) => stamp))
  const has = (item: Item): boolean => stamps.has(versionFacts(item).stamp)
  put(run, found.filter(has), { state: 'moved', destinationKey: file.destinationKey, destinationId: file.destinationId })
  const [writable, ancient] = [found.filter((item) => keepsTime(versionFacts(item).stamp)), found.filter((item) => !keepsTime(versionFacts(item).stamp))]
  put(run, ancient, { state: 'refused', reason: 'servers refuse a time of the first day of 1970', next: 'fetch the old version that you still need from the old account' })
  return writable.filter((item) => !has(item)).toSorted((a, b) => versionFacts(a).stamp - versionFacts(b).stamp)
}

function put(run: FilesRun, items: readonly Item[], fields: Partial<Omit<Item, 'extra'>>): void {
  run.journal.together(() => items.forEach((item) => run.journal.put('versions', withFacts(item, fields))))
}

async function write(run: FilesRun, file: Item, items: readonly Item[]): Promise<void> {
  const { files, pace } = run.context.destination
  const path = file.destinationKey ?? ''
  const entry = await pace.run(async () => await files.stat(path))
  if (entry === undefined || entry.folder || entry.etag !== file.destinationMark) return put(run, items, { state: 'refused', reason: 'the file was changed at the destination since it was carried', next: 'fetch the old version that you still need from the old account' })
  const present = { mtime: entry.mtime, size: entry.size }
  const writing = items.map((item) => withFacts(item, { state: 'writing', destinationKey: path, destinationId: entry.fileId, destinationMark: entry.etag }, { present }))
  put(run, writing, {})
  run.touch(file.key)
  try {
    let { etag } = entry
    for (const item of writing) etag = await writeOne(run, item, etag)
    const restored = await pace.run(async () => await restore(run.context, { path, etag, fileId: entry.fileId, present, sourceId: file.sourceId }))
    if (restored === undefined) throw new ChatonError('conflict', changedMeanwhile, { next: [lookAmongVersions] })
    run.journal.together(() => {
      for (const item of writing) run.journal.put('versions', withFacts(item, { state: 'moved' }, { present: undefined }))
      adopt(run.journal, file.sourceId, { path, etag: restored })
    })
  } catch (error) {
    await bringBack(run.context, writing).catch((failure: unknown) => run.journal.note('versions', `"${path}" gets its present content back when the move goes on: ${asChatonError(failure).message}`, run.context.clock.now()))
    throw isConflict(error) ? new ChatonError('conflict', changedMeanwhile, { next: [lookAmongVersions], cause: error }) : error
  }
}

/** Over the content that this move wrote last. Answers the new etag. */
async function writeOne(run: FilesRun, item: Item, etag: string): Promise<string> {
  const { source, destination } = run.context
  const { stamp } = versionFacts(item)
  const path = item.destinationKey ?? ''
  const { value } = await through(
    run,
    async () => await readVersion(source.remote, item.sourceId, stamp),
    async (body) => await destination.files.write(path, body, { over: { etag }, mtime: stamp }),
  )
  const now = value.etag ?? (await destination.pace.run(async () => await destination.files.stat(path)))?.etag
  if (now === undefined) throw new ChatonError('not-found', `"${path}" is no longer at the destination`)
  return now
}
