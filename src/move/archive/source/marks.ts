import { z } from 'zod'
import type { FileComment } from '../../../nextcloud/comments/contract.ts'
import type { SystemTag, TaggedFile } from '../../../nextcloud/tags/contract.ts'
import type { Instead } from '../../contract.ts'
import { entryNames, favouriteTag } from '../layout.ts'
import type { Archive } from './archive.ts'
import { fileIdOf } from './files.ts'

/** By path, `/a/b.txt`; PHP writes `[]` for an empty list. */
const byPath = <T>(value: z.ZodType<T>) => z.union([z.record(z.string(), value), z.array(z.never()).transform((): Record<string, T> => ({}))])
/** PHP makes an object of a list with holes. */
const list = <T extends z.ZodType>(value: T) => z.union([z.array(value), z.record(z.string(), value).transform((some) => Object.values(some))])

const Tags = byPath(list(z.string()))
const Comments = byPath(list(z.looseObject({ message: z.string(), verb: z.string(), actorType: z.string(), actorId: z.string(), actorName: z.string().optional(), creationDateTime: z.string() })))

const pathOf = (key: string): string => key.replace(/^\/+|\/+$/g, '').normalize('NFC')

/** Paths of all favourites. */
export async function archiveFavourites(archive: Archive): Promise<string[]> {
  const tags = (await archive.json(entryNames.tags, Tags)) ?? {}
  return Object.entries(tags).flatMap(([path, names]) => (names.includes(favouriteTag) ? [pathOf(path)] : [])).filter((path) => path !== '')
}

/** Collaborative tags; their names stand for their ids. */
export function archiveTags(archive: Archive): Instead['tags'] {
  const read = async (): Promise<Map<string, TaggedFile[]>> => {
    const found = new Map<string, TaggedFile[]>()
    for (const [key, names] of Object.entries((await archive.json(entryNames.systemTags, Tags)) ?? {})) {
      for (const name of names) found.set(name, [...(found.get(name) ?? []), { path: pathOf(key), fileId: fileIdOf(pathOf(key)) }])
    }
    return found
  }
  return {
    inUse: async () => [...(await read()).keys()].map((name): SystemTag => ({ id: name, name, canAssign: true, color: undefined })),
    async *filesWith(name) {
      yield* (await read()).get(name) ?? []
    },
  }
}

/** Comments, oldest first; their place in this order stands for their ids. In the archive the newest is first: seconds do not tell which of two came before. */
export function archiveComments(archive: Archive): Instead['comments'] {
  const read = async (): Promise<Map<string, { path: string; comments: FileComment[] }>> => {
    const found = new Map<string, { path: string; comments: FileComment[] }>()
    for (const [key, comments] of Object.entries((await archive.json(entryNames.comments, Comments)) ?? {})) {
      const dated = comments.toReversed().map(({ message, verb, actorType, actorId, actorName, creationDateTime }) => ({ message, verb, actorType, actorId, actorName, createdAt: new Date(creationDateTime) }))
      const sorted = dated.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
      found.set(fileIdOf(pathOf(key)), { path: pathOf(key), comments: sorted.map((comment, index) => ({ id: String(index + 1), ...comment })) })
    }
    return found
  }
  return {
    entries: async () => [...(await read())].map(([fileId, { path, comments }]) => ({ path, fileId, comments: comments.length })),
    on: async (fileId) => (await read()).get(fileId)?.comments ?? [],
  }
}
