import type { StoredObject } from '../../nextcloud/groupware/contract.ts'
import type { Item, ItemState } from '../journal.ts'
import { inParallel } from '../workers.ts'
import { changed, nameIn, refused, shelfKey, uriIn } from './items.ts'
import { ObjectWriter } from './object-writer.ts'
import type { GroupwareRun } from './run.ts'

const mostAtOnce = 100
const mostBytes = 4 * 2 ** 20
/** So many failures of the server in a row are no longer about single objects. */
const mostFailures = 20

const toDo: ReadonlySet<ItemState> = new Set(['found', 'writing', 'refused'])

interface Pair {
  readonly item: Item
  /** Undefined: the source does not give it. */
  readonly object: StoredObject | undefined
}

/** Carries the objects of one calendar or address book that has its place at the destination. */
export async function carry<Settings>(run: GroupwareRun<Settings>, uri: string): Promise<void> {
  const { journal, kind, destination } = run
  const shelf = journal.get(kind, shelfKey(uri))
  if (shelf?.destinationKey === undefined || (shelf.state !== 'moved' && shelf.state !== 'there')) return
  const writer = new ObjectWriter(run, uriIn(shelf.destinationKey), mostFailures)
  await inParallel(pairs(run, uri), destination.pace.most, async ({ item, object }) => {
    run.context.signal.throwIfAborted()
    const outcome = object === undefined ? unread(item) : await writer.write(item, object)
    journal.put(kind, outcome)
    run.step(outcome.state === 'refused' && outcome.reason !== item.reason ? `${nameIn(outcome.key)}: ${outcome.reason}` : undefined)
  })
}

const unread = (item: Item): Item =>
  refused(item, 'the old host lists it, but cannot show it', 'look for it at the old host; if it opens there, save it again and run the move again')

/** Items to carry with their contents; the next batch is read while this one is written. */
async function* pairs<Settings>(run: GroupwareRun<Settings>, uri: string): AsyncGenerator<Pair> {
  const { journal, kind, source, from } = run
  const read = async (batch: readonly Item[]): Promise<Pair[]> => {
    const objects = await source.pace.run(async () => await from.collection(uri).read(batch.map(({ key }) => nameIn(key))))
    return batch.map((item) => ({ item, object: objects.get(nameIn(item.key)) }))
  }
  let ahead: Promise<Pair[]> | undefined
  for (const batch of batchesOf(pending(journal.under(kind, uri)))) {
    const now = ahead
    ahead = read(batch)
    // Handled when it is awaited; until then it must not end the process.
    ahead.catch(() => undefined)
    if (now !== undefined) yield* await now
  }
  if (ahead !== undefined) yield* await ahead
}

function* pending(items: Iterable<Item>): Generator<Item> {
  for (const item of items) if (toDo.has(item.state)) yield item
}

/** Bounded by number and by bytes: cards have photos. Pure. */
export function* batchesOf(items: Iterable<Item>): Generator<Item[]> {
  let batch: Item[] = []
  let bytes = 0
  for (const item of items) {
    if (batch.length === mostAtOnce || (batch.length > 0 && bytes + item.bytes > mostBytes)) {
      yield batch
      ;[batch, bytes] = [[], 0]
    }
    batch.push(item)
    bytes += item.bytes
  }
  if (batch.length > 0) yield batch
}

/** Deletes at the destination what is gone from the source: only what this move wrote, and nobody has changed since. */
export async function withdraw<Settings>(run: GroupwareRun<Settings>, uri: string): Promise<void> {
  const { journal, kind, destination, to, context } = run
  for (const item of journal.under(kind, uri)) {
    if (item.state !== 'gone' || item.destinationMark === undefined || item.destinationKey === undefined) continue
    context.signal.throwIfAborted()
    const { destinationKey, destinationMark } = item
    const outcome = await destination.pace.run(async () => await to.collection(uriIn(destinationKey)).remove(nameIn(destinationKey), destinationMark))
    if (outcome === 'changed') run.note(`"${nameIn(item.key)}" was deleted at the old host, but changed at the new one since: it stays there`)
    journal.put(kind, changed(item, { destinationKey: undefined, destinationMark: undefined }, outcome === 'removed' ? { withdrawn: destinationMark } : {}))
  }
}
