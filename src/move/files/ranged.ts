import { ChatonError } from '../../kit/errors.ts'
import { randomWord } from '../../kit/random.ts'
import type { ChunkedUpload, Written } from '../../nextcloud/files/contract.ts'
import { announced, type Aim } from './aim.ts'
import { hashAt } from './compare.ts'
import { changed, factsOf, type StartedUpload } from './facts.ts'
import { chunkFor } from './lanes.ts'
import type { FilesRun } from './run.ts'
import { SourceFailed, through } from './through.ts'
import { isMissing, mayHaveHappened } from './trouble.ts'
import { damaged } from './whole.ts'
import { inParallel } from '../workers.ts'
import { isAsAnnounced, ours, settle } from './written.ts'

interface Part {
  readonly number: number
  readonly from: number
  readonly to: number
}

/** In parts, several at once; parts that the destination has from an earlier run are not sent again. The servers reckon the hash of the whole. */
export async function carryRanged(run: FilesRun, aim: Aim): Promise<void> {
  const { destination } = run.context
  const { item, path } = aim
  const upload = uploadFor(run, aim)
  const announcement = changed(announced(aim), {}, { upload })
  run.put(announcement)
  const parts = destination.files.chunked(upload.id, path)
  const hashHere = settledLater(hashAt(run.context.source, item.key))
  await send(run, aim, { parts, upload })
  const written = await finish(run, aim, parts)
  const [here, there] = [await hashHere(), written.sha256 ?? (await hashAt(destination, path))]
  if (here !== there) throw await unequal(run, ours(announcement, { ...written, sha256: undefined }), { sent: here, arrived: there })
  await settle(run, announcement, { written, sha256: here })
}

/** The one that was begun, if it carries the same content to the same path. */
function uploadFor(run: FilesRun, { item, path }: Aim): StartedUpload {
  const begun = factsOf(item).upload
  if (begun !== undefined && begun.etag === item.sourceMark && begun.path === path) return begun
  const most = Math.min(run.limits.chunkMost, run.context.destination.files.abilities.chunk.most)
  return { id: `chaton-${randomWord(24)}`, path, chunk: chunkFor(item.bytes, most), etag: item.sourceMark }
}

/** A promise whose failure is told only to who asks for its result. */
function settledLater<T>(promise: Promise<T>): () => Promise<T> {
  promise.catch(() => undefined)
  return async () => await promise
}

async function send(run: FilesRun, { item }: Aim, { parts, upload }: { readonly parts: ChunkedUpload; readonly upload: StartedUpload }): Promise<void> {
  const { source, destination } = run.context
  await destination.pace.run(async () => await parts.begin(item.bytes))
  const have = await destination.pace.run(async () => await parts.parts())
  const missing = partsOf(item.bytes, upload.chunk).filter(({ number, from, to }) => have.get(number) !== to - from)
  await inParallel(missing, destination.pace.most, async ({ number, from, to }) => {
    await through(
      run,
      async () => await source.files.read(item.key, { etag: item.sourceMark, from, to }),
      async (body) => await parts.put(number, body, item.bytes),
    )
    run.tell({ note: `part ${number} of "${item.key}"` })
  })
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
      if (entry !== undefined && isAsAnnounced(aim.item, entry) && (aim.over === 'new' || entry.etag !== aim.over.etag)) return { etag: entry.etag, fileId: entry.fileId, sha256: undefined }
      if (isMissing(error) || clock.now().getTime() - began > patienceMs) throw error
      await run.pause(pollMs)
    }
  }
}

/** The content differs: did the source change after its parts were read, or was something damaged? */
async function unequal(run: FilesRun, item: ReturnType<typeof ours>, hashes: { readonly sent: string; readonly arrived: string }): Promise<unknown> {
  const { files, pace } = run.context.source
  const entry = await pace.run(async () => await files.stat(item.key))
  if (entry?.etag === item.sourceMark) return damaged(run, item, hashes)
  run.put({ ...item, state: 'found' })
  return new SourceFailed(new ChatonError('conflict', `"${item.key}" changed while it was read`, { data: { status: 412 } }))
}
