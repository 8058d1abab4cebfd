import { asChatonError } from '../../kit/errors.ts'
import type { RemoteEntry } from '../../nextcloud/files/contract.ts'
import type { KindVerdict, MoveContext, Side } from '../contract.ts'
import type { Item } from '../journal.ts'
import type { Refusal } from '../kinds.ts'
import { hashAt } from './compare.ts'
import { changed, factsOf, isFolder, keepsTime, sampledMost } from './facts.ts'
import { nameOf, parentOf } from './names.ts'
import { notOwn } from './own.ts'
import { readPack } from './read-pack.ts'
import { isMissing, stops } from './trouble.ts'
import { inParallel } from '../workers.ts'

/** Packed files are read again from both sides: all if they are few, else about so many. */
const sample = 200
const batchFiles = 20

interface Check {
  readonly context: MoveContext
  readonly differing: Refusal[]
  checked: number
  /** Of so many packed files, one is read again. */
  readonly every: number
  readonly again: Item[]
}

/** Walks both sides as they are now: presence, size and time of all; content of all that went alone, and of a sample of the rest. */
export async function verify(context: MoveContext): Promise<KindVerdict> {
  const { counts } = context.journal.tally('files')
  const check: Check = { context, differing: [], checked: 0, every: Math.max(1, Math.ceil((counts.moved + counts.there) / sample)), again: [] }
  await inParallel(foldersOf(context), context.source.pace.most, async (folder) => await verifyFolder(check, folder))
  for (let at = 0; at < check.again.length; at += batchFiles) await readAgain(check, check.again.slice(at, at + batchFiles))
  return { checked: check.checked, differing: check.differing }
}

function* foldersOf({ journal }: MoveContext): Generator<string> {
  yield ''
  for (const item of journal.walk('files')) if (isFolder(item) && (item.state === 'moved' || item.state === 'there')) yield item.key
}

const differ = (check: Check, what: string, reason: string): void => void check.differing.push({ what, reason, next: 'run the move again' })

async function verifyFolder(check: Check, folder: string): Promise<void> {
  const { context } = check
  context.signal.throwIfAborted()
  const place = folder === '' ? '' : (context.journal.get('files', folder)?.destinationKey ?? folder)
  const [here, there] = await Promise.all([listOf(context.source, folder), listOf(context.destination, place)])
  if (here === undefined) return differ(check, folder, 'the folder is gone from the source since it was carried')
  if (there === undefined) return differ(check, folder, `the folder "${place}" is not at the destination`)
  for (const entry of here.values()) await verifyEntry(check, entry, there)
  check.context.progress({ kind: 'files', done: check.checked, total: check.checked, note: `compared "${folder}"` })
}

async function listOf({ files, pace }: Side, path: string): Promise<Map<string, RemoteEntry> | undefined> {
  try {
    return await pace.run(async () => {
      const entries = new Map<string, RemoteEntry>()
      for await (const entry of files.list(path)) entries.set(nameOf(entry.path), entry)
      return entries
    })
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function verifyEntry(check: Check, entry: RemoteEntry, there: ReadonlyMap<string, RemoteEntry>): Promise<void> {
  if (notOwn(entry) !== undefined) return
  const { journal, destination } = check.context
  const item = journal.get('files', entry.path)
  if (item?.state === 'refused') return
  check.checked += 1
  if (item === undefined || (item.state !== 'moved' && item.state !== 'there') || item.destinationKey === undefined) return differ(check, entry.path, 'it is at the source and was not carried yet')
  const arrived = await arrivedAt(destination, item.destinationKey, there)
  const reason = difference(item, { here: entry, there: arrived, finished: Number(journal.fact('files.finished') ?? 0) })
  if (reason !== undefined) {
    differ(check, entry.path, reason)
    setTimesAgain(check, entry, arrived)
  } else if (!entry.folder && arrived !== undefined) await (isRewritten(item, arrived) ? verifyRewritten(check, item, arrived) : verifyContent(check, item, entry))
}

/** Two folders differ by their times alone: the next run sets those of all folders, as after a run that ended in the middle. */
function setTimesAgain({ context }: Check, here: RemoteEntry, there: RemoteEntry | undefined): void {
  if (here.folder && there?.folder === true) context.journal.setFact('files.times', 'open')
}

/** What stands at a path, by the list of the folder where it is expected, else asked for. */
async function arrivedAt({ files, pace }: Side, path: string, there: ReadonlyMap<string, RemoteEntry>): Promise<RemoteEntry | undefined> {
  const listed = parentOf(path) === parentOf([...there.values()][0]?.path ?? path) ? there.get(nameOf(path)) : undefined
  return listed ?? (await pace.run(async () => await files.stat(path)))
}

/** What one can tell from the two lists. A folder with a time after the end of the last run (`finished`, Unix seconds) is in use. Pure. */
export function difference(item: Item, { here, there, finished }: { readonly here: RemoteEntry; readonly there: RemoteEntry | undefined; readonly finished: number }): string | undefined {
  if (there === undefined) return `"${item.destinationKey ?? ''}" is not at the destination`
  if (here.folder !== there.folder) return 'it is a folder on one side and a file on the other'
  if (here.folder) return there.mtime <= finished ? differenceOfTimes(item, here, there) : undefined
  if (here.etag !== item.sourceMark) return 'it changed at the source since it was carried'
  if (here.size !== there.size) return `${here.size} bytes at the source, ${there.size} at the destination`
  return differenceOfTimes(item, here, there)
}

/** Another etag than when it arrived, with the same size and time. Pure. */
const isRewritten = (item: Item, there: RemoteEntry): boolean => item.destinationMark !== undefined && item.destinationMark !== there.etag

/** A server that went on with a request which a proxy had answered writes the same once more: that is still what this move wrote. */
async function verifyRewritten(check: Check, item: Item, there: RemoteEntry): Promise<void> {
  const same = await compared(check, item, async () => (await hashAt(check.context.source, item.key, 'md5')) === (await hashAt(check.context.destination, there.path, 'md5')))
  if (same === true) check.context.journal.put('files', { ...item, destinationMark: there.etag })
  else if (same === false) differ(check, item.key, 'it was changed at the destination since it arrived')
}

function differenceOfTimes(item: Item, here: RemoteEntry, there: RemoteEntry): string | undefined {
  if (item.state !== 'moved' || !keepsTime(here.mtime) || here.mtime === there.mtime) return undefined
  return `its time is ${timeOf(here)} at the source, ${timeOf(there)} at the destination`
}

const timeOf = ({ mtime }: RemoteEntry): string => new Date(mtime * 1000).toISOString()

async function verifyContent(check: Check, item: Item, entry: RemoteEntry): Promise<void> {
  const { alone, md5 } = factsOf(item)
  const { source, destination } = check.context
  if (alone !== true && item.bytes <= sampledMost) {
    if (check.checked % check.every === 0) check.again.push(item)
    return
  }
  await compared(check, item, async () => {
    const [here, there] = await Promise.all([md5 ?? hashAt(source, entry.path, 'md5'), hashAt(destination, item.destinationKey ?? '', 'md5')])
    if (here === there) return
    differ(check, entry.path, `MD5 ${here} at the source, ${there} at the destination`)
    carryAgain(check, item)
  })
}

/** What this move wrote, and nobody has touched since, is not what was to be written: the next pass writes over it. */
function carryAgain({ context }: Check, item: Item): void {
  if (item.state === 'moved') context.journal.put('files', changed(item, { state: 'found' }, { md5: undefined }))
}

/** Undefined where a side does not show the file, which is told. */
async function compared<T>(check: Check, { key }: Item, compare: () => Promise<T>): Promise<T | undefined> {
  try {
    return await compare()
  } catch (error) {
    if (stops(asChatonError(error))) throw error
    differ(check, key, `its content could not be compared: ${asChatonError(error).message}`)
    return undefined
  }
}

async function readAgain(check: Check, items: readonly Item[]): Promise<void> {
  const { context } = check
  const { contents: here } = await readPack(context.source, items.map(({ key, bytes, sourceMark }) => ({ path: key, size: bytes, etag: sourceMark })), { zip: true })
  const { contents: there } = await readPack(context.destination, items.map(({ destinationKey = '', bytes }) => ({ path: destinationKey, size: bytes })), { zip: true })
  for (const item of items) {
    const [mine, theirs] = [here.get(item.key), there.get(item.destinationKey ?? '')]
    if (mine !== undefined && theirs !== undefined && mine.equals(theirs)) continue
    differ(check, item.key, 'its content differs, or could not be read on both sides')
    if (mine !== undefined && theirs !== undefined) carryAgain(check, item)
  }
}
