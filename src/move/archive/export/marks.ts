import { openComments } from '../../../nextcloud/comments/index.ts'
import type { FileComment } from '../../../nextcloud/comments/contract.ts'
import { listFavourites } from '../../../nextcloud/files/favourites.ts'
import type { EntryExtras } from '../../../nextcloud/files/extras.ts'
import type { MoveContext } from '../../contract.ts'
import { commented } from '../../comments/scan.ts'
import { filesWith, tagsInUse } from '../../tags/read.ts'
import { inParallel } from '../../workers.ts'
import { entryNames, favouriteTag } from '../layout.ts'
import type { ArchiveFile } from './writing.ts'

interface Work {
  readonly context: MoveContext
  readonly archive: ArchiveFile
}

/** What hangs on a file or folder is written if that itself is in the archive. */
const isIn = ({ journal }: MoveContext, path: string): boolean => journal.get('files', path)?.state === 'moved'

const sorted = <T>(byPath: ReadonlyMap<string, T>): Record<string, T> => Object.fromEntries([...byPath].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([path, value]) => [`/${path}`, value]))

/** `files/tags.json`. Answers how many. */
export async function writeFavourites({ context, archive }: Work): Promise<number> {
  const { source, clock } = context
  const paths = await source.pace.run(async () => {
    const found: string[] = []
    for await (const path of listFavourites(source.remote)) found.push(path)
    return found
  })
  const kept = new Map(paths.filter((path) => isIn(context, path)).map((path) => [path, [favouriteTag]]))
  await archive.addText(entryNames.tags, JSON.stringify(sorted(kept)), clock.now())
  return kept.size
}

/** `files/systemtags.json`. Answers how many, on all files. */
export async function writeTags({ context, archive }: Work): Promise<number> {
  const tagged = new Map<string, string[]>()
  let count = 0
  for (const { name, ids } of await tagsInUse(context.source)) {
    for (const { path } of await filesWith(context.source, ids)) {
      if (!isIn(context, path)) continue
      tagged.set(path, [...(tagged.get(path) ?? []), name])
      count += 1
    }
  }
  await archive.addText(entryNames.systemTags, JSON.stringify(sorted(tagged)), context.clock.now())
  return count
}

/** `files/comments.json`, newest first as the app has them. Answers how many. */
export async function writeComments({ context, archive }: Work): Promise<number> {
  const { source, clock, signal } = context
  const client = openComments(source.remote)
  const found = new Map<string, ReturnType<typeof commentEntry>[]>()
  let count = 0
  await inParallel(await commented(context), source.pace.most, async ({ path, fileId }: EntryExtras) => {
    signal.throwIfAborted()
    if (!isIn(context, path)) return
    const comments = await source.pace.run(async () => await client.on(fileId))
    if (comments.length > 0) found.set(path, comments.map(commentEntry).toReversed())
    count += comments.length
    context.progress({ kind: 'comments', done: count, total: count })
  })
  await archive.addText(entryNames.comments, JSON.stringify(sorted(found)), clock.now())
  return count
}

/** As FilesMigrator writes it, with the name that people know; times as DateTime::ISO8601. */
const commentEntry = ({ message, verb, actorType, actorId, actorName, createdAt }: FileComment): Readonly<Record<string, string>> => ({
  message,
  verb,
  actorType,
  actorId,
  ...(actorName === undefined ? {} : { actorName }),
  creationDateTime: createdAt.toISOString().replace(/\.\d+Z$/, '+0000'),
})
