import type { Language } from '../../kit/format.ts'
import type { EntryExtras } from '../../nextcloud/files/extras.ts'
import type { FileComment } from '../../nextcloud/comments/contract.ts'
import { carriedFile, fileNotCarried } from '../carried.ts'
import { markOf } from '../groupware/mark.ts'
import type { Item, MoveJournal } from '../journal.ts'
import type { Refusal } from '../kinds.ts'
import { textsFor } from './text.ts'

/** A comment at the destination that this move wrote: its number, and what it said then. */
export interface Written {
  readonly id: string
  readonly text: string
}

/** `extra` of an item. */
export interface CommentFacts {
  /** Of the file, at the source. */
  readonly path: string
  readonly number: number
  /** What is, or is to be, at the destination; several where it is longer than one comment may be. */
  readonly texts: readonly string[]
  readonly written: readonly Written[]
  /** Written for what the comment said before, and to be taken away. */
  readonly old: readonly Written[]
}

export const factsOf = (item: Item): CommentFacts => item.extra as unknown as CommentFacts

export function changed(item: Item, fields: Partial<Omit<Item, 'extra'>>, facts: Partial<CommentFacts> = {}): Item {
  return { ...item, ...fields, extra: { ...item.extra, ...facts } }
}

/** Numbers of one length, so that the order of keys is that in which they were written. */
export const keyOf = (fileId: string, commentId: string): string => `${fileId}/${commentId.padStart(12, '0')}`

interface Seen {
  readonly entry: EntryExtras
  readonly comment: FileComment
  /** The account at the source. */
  readonly uid: string
  readonly language: Language
  readonly pass: number
}

/** A comment of the source as it is to be from now on. */
export function itemFor(journal: MoveJournal, seen: Seen): Item {
  const { entry, comment, uid, language, pass } = seen
  const key = keyOf(entry.fileId, comment.id)
  const file = carriedFile(journal, entry.fileId)
  const known = journal.get('comments', key)
  const fresh: Item = {
    key,
    state: 'found',
    sourceId: comment.id,
    sourceMark: markOf({ message: comment.message }),
    destinationKey: file?.destinationKey,
    destinationId: file?.destinationId ?? known?.destinationId,
    destinationMark: undefined,
    bytes: 0,
    extra: { path: entry.path, number: Number(comment.id), texts: textsFor({ comment, own: comment.actorType === 'users' && comment.actorId === uid, language }), written: [], old: [] },
    reason: undefined,
    next: undefined,
    pass,
  }
  const refusal = file === undefined ? fileNotCarried : comment.verb === 'comment' ? undefined : { reason: `a "${comment.verb}" is a mark of a program, and no comment that somebody wrote` }
  if (refusal !== undefined) return { ...fresh, state: 'refused', next: undefined, ...refusal }
  return known === undefined ? fresh : merged(known, fresh)
}

/** Pure. */
export function merged(known: Item, fresh: Item): Item {
  const sameFile = known.destinationId === undefined || known.destinationId === fresh.destinationId
  if (!sameFile) return fresh
  const { written, old } = factsOf(known)
  if (known.state === 'refused') return changed(fresh, {}, { old })
  const { destinationKey, destinationId, pass } = fresh
  if (known.sourceMark === fresh.sourceMark) return changed(known, { destinationKey, destinationId, pass }, { path: factsOf(fresh).path })
  return changed(fresh, {}, { old: [...old, ...written] })
}

/** For people. */
const titleOf = (item: Item): string => `${factsOf(item).path} (${factsOf(item).number})`

/** Something is to be done at the destination. */
export const isOpen = (item: Item): boolean => item.state === 'found' || item.state === 'writing' || item.state === 'gone'

export function refusalsOf(journal: MoveJournal): Refusal[] {
  return [...journal.walk('comments', 'refused')].map((item) => ({ what: titleOf(item), reason: item.reason ?? '', ...(item.next === undefined ? {} : { next: item.next }) }))
}
