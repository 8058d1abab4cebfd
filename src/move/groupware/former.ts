import type { Item } from '../journal.ts'
import { factsOf, uriIn } from './items.ts'
import type { GroupwareRun } from './run.ts'

type Known<Settings> = Pick<GroupwareRun<Settings>, 'journal' | 'kind'>

/**
 * An object that is gone from the source, that this move wrote at `twin`, and that nobody has changed since: where the source has its
 * UID anew under another name (imported again, cut and pasted), it is the same thing.
 */
export function formerOf<Settings>({ journal, kind }: Known<Settings>, item: Item, twin: { readonly key: string; readonly etag: string }): Item | undefined {
  return ofSameUid({ journal, kind }, item).find((one) => one.key !== item.key && one.state === 'gone' && one.destinationKey === twin.key && one.destinationMark === twin.etag)
}

/** The object of this UID, in the same calendar, that this move deleted at the destination. */
export function withdrawnOf<Settings>({ journal, kind }: Known<Settings>, item: Item): Item | undefined {
  return ofSameUid({ journal, kind }, item).find((one) => uriIn(one.key) === uriIn(item.key) && factsOf(one).withdrawn !== undefined)
}

const ofSameUid = <Settings>({ journal, kind }: Known<Settings>, { sourceId }: Item): Item[] => (sourceId === '' ? [] : journal.bySourceId(kind, sourceId))
