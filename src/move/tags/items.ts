import type { TaggedFile } from '../../nextcloud/tags/contract.ts'
import { carriedFile, fileNotCarried } from '../carried.ts'
import type { Item, MoveJournal } from '../journal.ts'
import type { Refusal } from '../kinds.ts'

/** One tag on one file; the file by its id, so that a renamed one is the same. */
export const keyOf = (tag: string, fileId: string): string => `${tag}/${fileId}`

/** What was set before stays so, unless another file is in its place. */
export function itemFor(journal: MoveJournal, tag: string, { path, fileId }: TaggedFile, pass: number): Item {
  const file = carriedFile(journal, fileId)
  const known = journal.get('tags', keyOf(tag, fileId))
  const id = file?.destinationId ?? known?.destinationId
  const kept = known !== undefined && known.state !== 'refused' && known.destinationId === id ? known : undefined
  const state = file === undefined ? 'refused' : (kept?.state ?? 'found')
  return {
    key: keyOf(tag, fileId),
    state,
    sourceId: fileId,
    sourceMark: '',
    destinationKey: file?.destinationKey,
    destinationId: file === undefined ? undefined : id,
    destinationMark: kept?.destinationMark,
    bytes: 0,
    extra: { tag, path },
    reason: state === 'refused' ? fileNotCarried.reason : undefined,
    next: state === 'refused' ? fileNotCarried.next : undefined,
    pass,
  }
}

export const tagOf = ({ extra }: Item): string => String(extra['tag'])

/** For people. */
export const titleOf = ({ extra }: Item): string => `${String(extra['path'])} (${String(extra['tag'])})`

/** Items of one tag, read in pages. Names may contain slashes: those of "a/b" stand below "a" too. */
export function* itemsOf(journal: MoveJournal, tag: string): Generator<Item> {
  for (const item of journal.under('tags', tag)) if (tagOf(item) === tag) yield item
}

export function refusalsOf(journal: MoveJournal): Refusal[] {
  return [...journal.walk('tags', 'refused')].map((item) => ({ what: titleOf(item), reason: item.reason ?? '', ...(item.next === undefined ? {} : { next: item.next }) }))
}
