import type { ChatonError } from '../../kit/errors.ts'
import { randomWord } from '../../kit/random.ts'
import type { ChunkedUpload, Written } from '../../nextcloud/files/contract.ts'
import type { Item } from '../journal.ts'
import { announced, type Aim } from './aim.ts'
import { hashAt } from './compare.ts'
import { changed, factsOf, type StartedUpload } from './facts.ts'
import { chunkFor } from './lanes.ts'
import type { FilesRun } from './run.ts'
import { through } from './through.ts'
import { isMissing, mayHaveHappened } from './trouble.ts'
import { damage, damaged } from './whole.ts'
import { inParallel } from '../workers.ts'
import { isAsAnnounced, ours, settle } from './written.ts'

interface Part {
  readonly number: number
  readonly from: number
  readonly to: number
}

/**
 * In parts, several at once; parts that the destination has from an earlier run are not sent again. What it says to have read of each
 * part is what passed here; where it says nothing, both servers reckon the hash of the whole. The whole is compared by `verify`.
 */
export async function carryRanged(run: FilesRun, aim: Aim): Promise<void> {
  const { destination } = run.context
  const upload = uploadFor(run, aim)
  const announcement = changed(announced(aim), {}, { upload })
  run.put(announcement)
  const parts = destination.files.chunked(upload.id, aim.path)
  const confirmed = await send(run, aim, { parts, upload })
  const written = await finish(run, aim, parts)
  if (!confirmed) await compareWhole(run, ours(announcement, { ...written, md5: undefined }))
  await settle(run, announcement, { written })
}

async function compareWhole(run: FilesRun, written: Item): Promise<void> {
  const { source, destination } = run.context
  const [sent, arrived] = await Promise.all([hashAt(source, written.key, 'md5'), hashAt(destination, written.destinationKey ?? '', 'md5')])
  if (sent !== arrived) throw damaged(run, written, { sent, arrived })
}

/** The one that was begun, if it carries the same content to the same path. */
function uploadFor(run: FilesRun, { item, path }: Aim): StartedUpload {
  const begun = factsOf(item).upload
  if (begun !== undefined && begun.etag === item.sourceMark && begun.path === path) return begun
  const most = Math.min(run.limits.chunkMost, run.context.destination.files.abilities.chunk.most)
  return { id: `chaton-${randomWord(24)}`, path, chunk: chunkFor(item.bytes, most), etag: item.sourceMark }
}

/** Whether the destination has confirmed all that was sent. */
async function send(run: FilesRun, { item }: Aim, { parts, upload }: { readonly parts: ChunkedUpload; readonly upload: StartedUpload }): Promise<boolean> {
  const { source, destination } = run.context
  await destination.pace.run(async () => await parts.begin(item.bytes))
  const have = await destination.pace.run(async () => await parts.parts())
  const missing = partsOf(item.bytes, upload.chunk).filter(({ number, from, to }) => have.get(number) !== to - from)
  // Of parts that are all there from an earlier run, nothing has been said.
  let confirmed = missing.length > 0
  await inParallel(missing, destination.pace.most, async ({ number, from, to }) => {
    const { value: arrived, digest: sent } = await through(
      run,
      async () => await source.files.read(item.key, { etag: item.sourceMark, from, to }),
      async (body) => await parts.put(number, body, item.bytes),
    )
    if (arrived === undefined || sent === undefined) confirmed = false
    else if (arrived !== sent) throw await damagedPart(run, { item, parts, number }, { sent, arrived })
    run.tell({ note: `part ${number} of "${item.key}"` })
  })
  return confirmed
}

/** A part that is there counts as good when the move goes on: the whole upload is given up. */
async function damagedPart(run: FilesRun, { item, parts, number }: { readonly item: Item; readonly parts: ChunkedUpload; readonly number: number }, { sent, arrived }: { readonly sent: string; readonly arrived: string }): Promise<ChatonError> {
  await run.context.destination.pace.run(async () => await parts.abort())
  run.put(changed(run.need(item.key), { state: 'found' }, { upload: undefined }))
  return damage(item, `MD5 of its part ${number} ${sent} when it was sent, ${arrived} at the destination`)
}

export function partsOf(bytes: number, chunk: number): Part[] {
  return Array.from({ length: Math.max(1, Math.ceil(bytes / chunk)) }, (_, index) => ({ number: index + 1, from: index * chunk, to: Math.min(bytes, (index + 1) * chunk) }))
}

/** Servers put large files together for minutes, proxies wait for less: then the target is watched. */
const pollMs = 2_000
const patienceMs = 1_800_000

async function finish(run: FilesRun, aim: Aim, parts: ChunkedUpload): Promise<Written> {
  const { destination, clock } = run.context
  const { mtime, ctime } = factsOf(aim.item)
  const began = clock.now().getTime()
  for (;;) {
    run.check()
    try {
      return await destination.pace.run(async () => await parts.finish(aim.item.bytes, { over: aim.over, mtime, ctime }))
    } catch (error) {
      if (!mayHaveHappened(error) && !isMissing(error)) throw error
      const entry = await destination.pace.run(async () => await destination.files.stat(aim.path))
      if (entry !== undefined && isAsAnnounced(aim.item, entry) && (aim.over === 'new' || entry.etag !== aim.over.etag)) return { etag: entry.etag, fileId: entry.fileId, md5: undefined }
      if (isMissing(error) || clock.now().getTime() - began > patienceMs) throw error
      await run.pause(pollMs)
    }
  }
}
