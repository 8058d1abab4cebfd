import { asChatonError, ChatonError } from '../../kit/errors.ts'
import type { Item } from '../journal.ts'
import { aimFor, alreadyThere, announced, beside, besideTwin, disowned, type Aim } from './aim.ts'
import type { Loaded } from './bulk.ts'
import { sameContent } from './compare.ts'
import { changed, factsFrom } from './facts.ts'
import { laneOf, narrowed } from './lanes.ts'
import { triedUpTo } from './one-try.ts'
import { parentOf } from './names.ts'
import { carryRanged } from './ranged.ts'
import type { FilesRun } from './run.ts'
import { SourceFailed } from './through.ts'
import { isConflict, isMissing, isOfThisOnly, isTooLarge, mayHaveHappened, statusOf } from './trouble.ts'
import { carryWhole } from './whole.ts'
import { isAsAnnounced, ours } from './written.ts'

/** How often a file is begun anew when it changes, on either side, while it is carried. */
const mostTurns = 4

/** Carries one file by itself; `loaded` where it is in memory already. Throws where it cannot be carried. */
export async function single(run: FilesRun, first: Item, loaded?: Loaded): Promise<void> {
  let item: Item | undefined = first
  for (let turn = 1; item !== undefined; turn++) {
    run.check()
    const fromMemory = turn === 1 ? loaded : undefined
    const wanted = await aimAt(run, fromMemory?.aim ?? aimFor(run, item, await run.places.ready(parentOf(item.key))))
    if (wanted === undefined) return
    const place = await run.places.ready(parentOf(item.key))
    // From here to the announcement nothing is awaited: nobody else takes the same name.
    const aim = wanted.over === 'new' && run.places.standsForOther(item, wanted.path) ? beside(run, item, place) : wanted
    run.touch(item.key)
    try {
      if (laneOf(item, run.limits) === 'ranged') await carryRanged(run, aim)
      else await carryWhole(run, aim, fromMemory?.bytes)
      return
    } catch (error) {
      if (turn >= mostTurns) throw error instanceof SourceFailed ? restless(item, error) : error
      item = await afterFailure(run, aim, error)
    }
  }
}

/** Undefined where a file of the same content is there already. */
async function aimAt(run: FilesRun, aim: Aim): Promise<Aim | undefined> {
  if (aim.twin === undefined) return aim
  const same = await sameContent(run, aim.item, aim.path)
  if (!same || run.places.standsForOther(aim.item, aim.path)) return await aimAt(run, besideTwin(run, aim, await run.places.ready(parentOf(aim.item.key))))
  run.done(alreadyThere(aim, aim.twin))
  return undefined
}

/** The item to try anew with, or undefined where it has arrived after all. Throws what another turn would not mend. */
async function afterFailure(run: FilesRun, aim: Aim, error: unknown): Promise<Item | undefined> {
  const upTo = triedUpTo(error)
  if (upTo !== undefined) return await inParts(run, aim, upTo)
  if (error instanceof SourceFailed) return await lookAgain(run, aim.item, error.cause)
  if (asChatonError(error).data['damaged'] === true) return run.need(aim.item.key)
  if (isTooLarge(error)) return withSmallerBodies(run, aim, error)
  if (isMissing(error) || statusOf(error) === 409) return withoutPlace(run, aim.item)
  if (!isConflict(error) && !mayHaveHappened(error)) throw error
  if (await hasArrived(run, aim)) return undefined
  if (!isConflict(error)) throw error
  return aim.over === 'new' ? withoutPlace(run, aim.item) : disowned(run, aim.item)
}

/** The destination may have gone on with the request all the same. */
async function inParts(run: FilesRun, aim: Aim, upTo: number): Promise<Item | undefined> {
  if (await hasArrived(run, aim)) return undefined
  run.learn({ triedMost: Math.min(run.limits.triedMost, upTo) })
  run.note(`"${aim.item.key}" goes in parts: one request for all of it would be too long for this line, or it broke off`)
  return run.need(aim.item.key)
}

/** The file changed at the source, or went away: conditions in the journal are brought up to date. */
async function lookAgain(run: FilesRun, item: Item, cause: unknown): Promise<Item> {
  if (isOfThisOnly(cause)) throw unreadable(cause)
  if (!isConflict(cause) && !isMissing(cause)) throw cause
  const { files, pace } = run.context.source
  const entry = await pace.run(async () => await files.stat(item.key))
  if (entry === undefined || entry.folder) throw new ChatonError('not-found', `"${item.key}" was taken away at the source before it could be read`)
  const now = changed(run.need(item.key), { state: 'found', sourceId: entry.fileId, sourceMark: entry.etag, bytes: entry.size }, { ...factsFrom(entry), upload: undefined })
  run.put(now)
  return now
}

const unreadable = (cause: unknown): ChatonError =>
  new ChatonError('remote-failed', 'the old host cannot open it', {
    next: ['look whether it opens at the old host; if not, ask those who run it to mend it, then run the move again'],
    data: asChatonError(cause).data,
    cause,
  })

function restless(item: Item, { cause }: SourceFailed): unknown {
  if (!isConflict(cause)) return cause
  return new ChatonError('conflict', `"${item.key}" changed each time that it was read`, { next: ['close the programs that write to it, and run the move again'], cause })
}

/** The answer to an earlier request may have been lost. */
async function hasArrived(run: FilesRun, aim: Aim): Promise<boolean> {
  const { files, pace } = run.context.destination
  const entry = await pace.run(async () => await files.stat(aim.path))
  const item = announced(aim)
  if (entry === undefined || !isAsAnnounced(item, entry) || (aim.over !== 'new' && entry.etag === aim.over.etag)) return false
  if (!(await sameContent(run, item, aim.path))) return false
  run.done(ours(item, { etag: entry.etag, fileId: entry.fileId, md5: undefined }))
  return true
}

function withoutPlace(run: FilesRun, item: Item): Item {
  run.places.forget(parentOf(item.key))
  run.put(item)
  return item
}

function withSmallerBodies(run: FilesRun, { item }: Aim, error: unknown): Item {
  const inParts = run.need(item.key)
  const body = laneOf(item, run.limits) === 'ranged' ? run.limits.chunkMost : item.bytes
  const limits = narrowed(run.limits, body)
  if (limits === undefined) throw error
  run.learn(limits)
  run.note(`the destination takes no bodies of ${body} bytes: larger files go in parts of ${limits.chunkMost}`)
  return changed(inParts, { state: 'found' }, { upload: undefined })
}
