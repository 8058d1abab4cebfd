import { createHash } from 'node:crypto'
import { ChatonError } from '../../kit/errors.ts'
import type { WriteOptions, Written } from '../../nextcloud/files/contract.ts'
import { streamOf } from '../../nextcloud/remote.ts'
import type { Item } from '../journal.ts'
import { sortOf } from '../latency.ts'
import { announced, type Aim } from './aim.ts'
import { changed, factsOf } from './facts.ts'
import { OneTry } from './one-try.ts'
import type { FilesRun } from './run.ts'
import { through, type Opened, type Passed, type Passing } from './through.ts'
import { ours, settle } from './written.ts'

/**
 * One request out piped into one request in: our hash of what passed is what the destination says it has read. A large file that is
 * tried so is compared afterwards, where each server reckons the hash of what it keeps.
 */
export async function carryWhole(run: FilesRun, aim: Aim, bytes?: Buffer): Promise<void> {
  const oneTry = aim.item.bytes > run.limits.wholeMost ? new OneTry(aim.item, { clock: run.context.clock, tell: (percent) => run.tell({ note: `${percent} % of "${aim.item.key}"` }) }) : undefined
  const announcement = oneTry === undefined ? announced(aim) : changed(announced(aim), {}, { tried: true })
  run.put(announcement)
  const { value: written, digest: md5 } = await (bytes === undefined ? piped(run, aim, oneTry) : fromMemory(run, aim, bytes))
  if (written.md5 !== undefined && md5 !== undefined && written.md5 !== md5) throw damaged(run, ours(announcement, { ...written, md5: undefined }), { sent: md5, arrived: written.md5 })
  await settle(run, announcement, { written, md5 })
}

async function piped(run: FilesRun, aim: Aim, oneTry: OneTry | undefined): Promise<Passed<Written>> {
  const { source, destination } = run.context
  return await through(
    oneTry === undefined ? run : watched(run, oneTry),
    async () => {
      oneTry?.begin()
      return asListed(aim.item, await source.files.read(aim.item.key, { etag: aim.item.sourceMark }))
    },
    async (body) => await destination.files.write(aim.path, body, { ...optionsFor(aim), hashed: oneTry === undefined }),
  )
}

const watched = (run: FilesRun, oneTry: OneTry): Passing => ({
  context: run.context,
  hashed: false,
  check: (bytes) => {
    run.check()
    if (bytes !== undefined) oneTry.passes(bytes)
  },
})

/** Throws where the answer has another length than the list, for the same etag: something between clips answers. */
function asListed({ key, bytes }: Item, content: Opened): Opened {
  if (content.size === bytes) return content
  content.stream.destroy()
  throw new ChatonError('remote-failed', `"${key}" is ${bytes} bytes long, the source sends ${content.size}`, { retryable: true, data: { status: 200 } })
}

async function fromMemory(run: FilesRun, aim: Aim, bytes: Buffer): Promise<Passed<Written>> {
  const { files, pace } = run.context.destination
  const value = await pace.run(async () => await files.write(aim.path, { stream: streamOf(bytes), length: bytes.length }, optionsFor(aim)), sortOf('write', bytes.length))
  return { value, digest: createHash('md5').update(bytes).digest('hex') }
}

function optionsFor({ item, over }: Aim): WriteOptions {
  const { mtime, ctime } = factsOf(item)
  return { over, mtime, ctime }
}

/** What stands at the destination is ours, and wrong: it is taken down so that the next turn writes over it. */
export function damaged(run: FilesRun, item: ReturnType<typeof ours>, hashes: { readonly sent: string; readonly arrived: string }): ChatonError {
  run.put({ ...item, state: 'found' })
  return damage(item, `MD5 ${hashes.sent} at the source, ${hashes.arrived} at the destination`)
}

export const damage = ({ key }: Item, hashes: string): ChatonError =>
  new ChatonError('remote-failed', `"${key}" was damaged on its way: ${hashes}`, {
    next: ['run the move again; if it stays so, tell those who run the destination that its storage or a proxy damages files'],
    data: { damaged: true },
  })
