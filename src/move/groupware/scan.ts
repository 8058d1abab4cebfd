import type { Changes } from '../../nextcloud/groupware/contract.ts'
import type { Item } from '../journal.ts'
import { changed, factsOf, newItem, objectKey, shelfKey, shelvesIn } from './items.ts'
import type { Listing, Shelf } from './realm.ts'
import type { GroupwareRun } from './run.ts'

/** What there is at the source, into the journal: calendars, and in those that changed, their objects. Answers the listing. */
export async function scan<Settings>(run: GroupwareRun<Settings>): Promise<Listing<Settings>> {
  const listing = await run.source.pace.run(async () => await run.from.list())
  run.journal.together(() => noteListing(run, listing))
  for (const shelf of listing.shelves) if (shelf.holds) await scanShelf(run, shelf)
  return listing
}

function noteListing<Settings>(run: GroupwareRun<Settings>, { shelves, left }: Listing<Settings>): void {
  const { journal, kind, pass } = run
  const seen = new Set([...shelves, ...left].map(({ uri }) => shelfKey(uri)))
  for (const shelf of shelves) journal.put(kind, shelfItem(journal.get(kind, shelfKey(shelf.uri)), shelf, pass))
  for (const { uri, refusal } of left) {
    const known = journal.get(kind, shelfKey(uri))
    // One that was carried and lies in the trash now is gone; what it holds at the destination must not be forgotten.
    if (known !== undefined && isCarried(known)) goneShelf(run, known)
    else journal.put(kind, newItem(shelfKey(uri), { state: 'refused', reason: refusal.reason, next: refusal.next, pass, extra: { title: refusal.what, never: true } }))
  }
  for (const item of shelvesIn(journal, kind)) if (!seen.has(item.key)) goneShelf(run, item)
}

/** It has, or had, a place at the destination. */
const isCarried = (item: Item): boolean => factsOf(item).never !== true && item.destinationKey !== undefined

/** Pure. */
export function shelfItem<Settings>(known: Item | undefined, shelf: Shelf<Settings>, pass: number): Item {
  const { uri, title, mark } = shelf
  if (known === undefined || factsOf(known).never === true || known.state === 'gone') {
    return newItem(shelfKey(uri), { sourceId: uri, sourceMark: mark, pass, extra: { title } })
  }
  return { ...changed(known, { pass, reason: known.reason, next: known.next }, { title }) }
}

function goneShelf<Settings>({ journal, kind }: GroupwareRun<Settings>, item: Item): void {
  if (factsOf(item).never === true) return journal.delete(kind, item.key)
  for (const object of journal.under(kind, item.sourceId)) if (object.state !== 'gone') journal.put(kind, changed(object, { state: 'gone' }))
  if (item.state !== 'gone') journal.put(kind, changed(item, { state: 'gone' }, { ctag: undefined }))
  return undefined
}

async function scanShelf<Settings>(run: GroupwareRun<Settings>, shelf: Shelf<Settings>): Promise<void> {
  const { journal, kind, source, from } = run
  const item = journal.get(kind, shelfKey(shelf.uri))
  if (item === undefined || (factsOf(item).ctag === shelf.ctag && shelf.ctag !== '')) return
  // The whole list, of etags alone: the token is a mere number, and one of a collection that was deleted and made anew, or brought back
  // from a backup, means other changes than the one that was given for the former.
  const list = await source.pace.run(async () => await from.collection(shelf.uri).changes())
  journal.together(() => {
    noteList(run, shelf.uri, list)
    journal.put(kind, changed(item, { reason: item.reason, next: item.next }, { ctag: shelf.ctag }))
  })
}

function noteList<Settings>({ journal, kind, pass }: GroupwareRun<Settings>, uri: string, { changed: marks }: Changes): void {
  for (const { name, etag, bytes } of marks) {
    const key = objectKey(uri, name)
    const known = journal.get(kind, key)
    if (known === undefined || known.sourceMark !== etag || known.state === 'gone') journal.put(kind, foundObject(known, { key, etag, bytes, pass }))
  }
  const names = new Set(marks.map(({ name }) => objectKey(uri, name)))
  for (const item of journal.under(kind, uri)) if (!names.has(item.key) && item.state !== 'gone') journal.put(kind, changed(item, { state: 'gone' }))
}

function foundObject(known: Item | undefined, { key, etag, bytes, pass }: { readonly key: string; readonly etag: string; readonly bytes: number; readonly pass: number }): Item {
  if (known === undefined) return newItem(key, { sourceMark: etag, bytes, pass })
  // What was being written when a run ended may be at the destination; `writing` keeps that in mind.
  return changed(known, { state: known.state === 'writing' ? 'writing' : 'found', sourceMark: etag, bytes, pass }, { title: undefined })
}
