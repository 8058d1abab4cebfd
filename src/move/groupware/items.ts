import type { Item, MoveJournal } from '../journal.ts'
import type { KindName, Refusal } from '../kinds.ts'

/** `extra` of a journal item of the kinds `calendars` and `contacts`. */
export interface Facts {
  /** As a person knows it. */
  readonly title?: string
  /** Of a calendar or address book: known up to here. */
  readonly ctag?: string
  /** Etag under which this move deleted the object at the destination: so it may lie in the trash there. */
  readonly withdrawn?: string
  /** The server tidied the object when it was written (no ETag in its answer): it says the same, in other words. */
  readonly tidied?: true
  /** What is not carried by its nature (shared, generated). */
  readonly never?: true
}

export const factsOf = (item: Item): Facts => item.extra

/** Key of a calendar or address book, or of an object in it. */
export const shelfKey = (uri: string): string => `${uri}/`
export const objectKey = (uri: string, name: string): string => `${uri}/${name}`
export const isShelf = ({ key }: Pick<Item, 'key'>): boolean => key.endsWith('/')
/** `personal` in `personal/a.ics`. */
export const uriIn = (key: string): string => key.slice(0, key.indexOf('/'))
/** `a.ics` in `personal/a.ics`. */
export const nameIn = (key: string): string => key.slice(key.indexOf('/') + 1)

export const newItem = (key: string, fields: Partial<Item>): Item => ({
  key, state: 'found', sourceId: '', sourceMark: '', destinationKey: undefined, destinationId: undefined, destinationMark: undefined,
  bytes: 0, extra: {}, reason: undefined, next: undefined, pass: 0, ...fields,
})

/** A copy with some fields changed; facts given as undefined are forgotten. */
export function changed(item: Item, fields: Partial<Omit<Item, 'extra'>>, facts: { readonly [Name in keyof Facts]?: Facts[Name] | undefined } = {}): Item {
  const extra = Object.fromEntries(Object.entries({ ...item.extra, ...facts }).filter(([, value]) => value !== undefined))
  return { ...item, reason: undefined, next: undefined, ...fields, extra }
}

export const refused = (item: Item, reason: string, next: string): Item => changed(item, { state: 'refused', reason, next })

/** Calendars or address books in the journal. */
export function shelvesIn(journal: MoveJournal, kind: KindName): Item[] {
  return [...journal.walk(kind)].filter(isShelf)
}

/** Refused items as people know them. */
export function refusalsIn(journal: MoveJournal, kind: KindName): Refusal[] {
  const titles = new Map<string, string>()
  return [...journal.walk(kind)].flatMap((item) => {
    const title = factsOf(item).title
    if (isShelf(item) && title !== undefined) titles.set(uriIn(item.key), title)
    if (item.state !== 'refused') return []
    const what = isShelf(item) ? (title ?? uriIn(item.key)) : `${title ?? nameIn(item.key)}, in ${titles.get(uriIn(item.key)) ?? uriIn(item.key)}`
    return [{ what, reason: item.reason ?? '', ...(item.next === undefined ? {} : { next: item.next }) }]
  })
}
