import { asChatonError } from '../../kit/errors.ts'
import type { BulkOutcome, BulkPart, Written } from '../../nextcloud/files/contract.ts'
import { sortOf } from '../latency.ts'
import { announced, type Aim } from './aim.ts'
import { factsOf, sampledMost } from './facts.ts'
import { narrowed } from './lanes.ts'
import { entriesAt } from './look.ts'
import type { FilesRun } from './run.ts'
import { isSilence, isTooLarge, stops } from './trouble.ts'
import { isAsAnnounced, ours, settle } from './written.ts'

/** A small file in memory, and where it goes. */
export interface Loaded {
  readonly aim: Aim
  readonly bytes: Buffer
}

/** Files for a folder of which it is known that it has no such names: bulk uploads overwrite. Answers those that were not written. */
export async function writeBulk(run: FilesRun, loaded: readonly Loaded[]): Promise<readonly Loaded[]> {
  run.journal.together(() => {
    for (const { aim } of loaded) {
      run.put(announced(aim))
      run.touch(aim.item.key)
    }
  })
  const { files, pace } = run.context.destination
  let left = loaded
  let attempts = 0
  try {
    const outcomes = await pace.run(async () => {
      attempts += 1
      if (attempts > 1) left = await withoutArrived(run, left)
      return left.length === 0 ? new Map<string, BulkOutcome>() : await files.writeMany(left.map(partOf))
    }, sortOf('bulk', loaded.length, bytesIn(loaded)))
    return await takeDown(run, left, outcomes)
  } catch (error) {
    return await withoutBulk(run, left, error)
  }
}

const bytesIn = (loaded: readonly Loaded[]): number => loaded.reduce((sum, { bytes }) => sum + bytes.length, 0)

const partOf = ({ aim, bytes }: Loaded): BulkPart => ({ path: aim.path, bytes, mtime: factsOf(aim.item).mtime })

async function takeDown(run: FilesRun, loaded: readonly Loaded[], outcomes: ReadonlyMap<string, BulkOutcome>): Promise<Loaded[]> {
  const unwritten: Loaded[] = []
  const unsure: (() => Promise<void>)[] = []
  run.journal.together(() => {
    for (const each of loaded) {
      const outcome = outcomes.get(each.aim.path)
      if (outcome?.ok !== true) unwritten.push(each)
      else if (outcome.written.etag === undefined) unsure.push(async () => await settle(run, announced(each.aim), outcome))
      else run.done(ours(announced(each.aim), known(outcome.written, each.bytes)))
    }
  })
  for (const ask of unsure) await ask()
  return unwritten
}

/** Of small files, the comparison reads a sample again; of others, it asks for the hash. */
const known = (written: Written, { length }: Buffer): Written => (length > sampledMost ? written : { ...written, md5: undefined })

/** The answer to an earlier request was lost: what that wrote is taken down, and not sent again. */
async function withoutArrived(run: FilesRun, loaded: readonly Loaded[]): Promise<Loaded[]> {
  const found = await entriesAt(run.context.destination.files, loaded.map(({ aim }) => aim.path))
  return loaded.filter(({ aim }) => {
    const met = found.get(aim.path)
    if (met === undefined || !isAsAnnounced(aim.item, met)) return true
    run.done(ours(announced(aim), { ...met, md5: undefined }))
    return false
  })
}

/** After a failure of the whole request: in halves if it was too large, else each file by itself. */
async function withoutBulk(run: FilesRun, loaded: readonly Loaded[], error: unknown): Promise<readonly Loaded[]> {
  const known = asChatonError(error)
  if (stops(known) && !isSilence(known)) throw error
  if (!isTooLarge(error)) {
    run.bulkFailed(known)
    return loaded
  }
  const bytes = bytesIn(loaded)
  run.learn(narrowed(run.limits, bytes) ?? {})
  if (loaded.length === 1) return loaded
  const middle = Math.ceil(loaded.length / 2)
  return [...(await writeBulk(run, loaded.slice(0, middle))), ...(await writeBulk(run, loaded.slice(middle)))]
}
