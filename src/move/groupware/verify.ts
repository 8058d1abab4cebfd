import type { ObjectMark, StoredObject } from '../../nextcloud/groupware/contract.ts'
import type { KindVerdict, Side } from '../contract.ts'
import type { Item } from '../journal.ts'
import type { Refusal } from '../kinds.ts'
import { factsOf, nameIn, objectKey, shelfKey, uriIn } from './items.ts'
import { batchesOf } from './carry.ts'
import type { Library, Listing, Shelf } from './realm.ts'
import type { GroupwareRun } from './run.ts'
import { lostLines, saysTheSame } from './same.ts'

interface Check<Settings> {
  readonly run: GroupwareRun<Settings>
  readonly there: Listing<Settings>
  readonly differing: Refusal[]
  checked: number
}

const again = 'run the move again'

/** Lists both sides as they are now, and reads every object on both. */
export async function verify<Settings>(run: GroupwareRun<Settings>): Promise<KindVerdict> {
  const { source, destination, from, to } = run
  const [here, there] = await Promise.all([source.pace.run(async () => await from.list()), destination.pace.run(async () => await to.list())])
  const check: Check<Settings> = { run, there, differing: [], checked: 0 }
  for (const shelf of here.shelves) await verifyShelf(check, shelf)
  return { checked: check.checked, differing: check.differing }
}

async function verifyShelf<Settings>(check: Check<Settings>, shelf: Shelf<Settings>): Promise<void> {
  const { journal, kind, realm } = check.run
  const item = journal.get(kind, shelfKey(shelf.uri))
  if (item?.state === 'refused') return
  check.checked += 1
  const uri = item?.destinationKey === undefined ? undefined : uriIn(item.destinationKey)
  const twin = check.there.shelves.find((one) => one.uri === uri)
  if (item === undefined || uri === undefined || twin === undefined) return differ(check, shelf.title, `the ${realm.words.shelf} is not at the new host`)
  const kept = item.state === 'moved' && twin.mark === item.destinationMark
  if (kept && item.sourceMark !== shelf.mark) differ(check, shelf.title, 'its name or look changed at the old host since it was moved')
  else if (kept && twin.mark !== shelf.mark) differ(check, shelf.title, 'its name or look is not as at the old host')
  if (shelf.holds) await verifyObjects(check, shelf, uri)
}

const differ = <Settings>(check: Check<Settings>, what: string, reason: string): void => void check.differing.push({ what, reason, next: again })

async function verifyObjects<Settings>(check: Check<Settings>, shelf: Shelf<Settings>, uri: string): Promise<void> {
  const { journal, kind, source, destination, from, to, context } = check.run
  const [here, there] = await Promise.all([marksOf(source, from, shelf.uri), marksOf(destination, to, uri)])
  for (const mark of here.values()) if (journal.get(kind, objectKey(shelf.uri, mark.name)) === undefined) differ(check, `${mark.name}, in ${shelf.title}`, 'it is at the old host and was not carried yet')
  const carried = [...journal.under(kind, shelf.uri)].filter(({ state }) => state === 'moved' || state === 'there' || state === 'found' || state === 'writing')
  for (const item of carried) if (!here.has(nameIn(item.key))) differ(check, nameOf(item, shelf), 'it is gone from the old host since it was moved')
  for (const batch of batchesOf(carried.filter(({ key }) => here.has(nameIn(key))))) {
    context.signal.throwIfAborted()
    await verifyBatch(check, { shelf, uri, there }, batch)
    check.run.tell({ note: `compared ${check.checked}` })
  }
}

async function marksOf<Settings>({ pace }: Side, library: Library<Settings>, uri: string): Promise<ReadonlyMap<string, ObjectMark>> {
  const { changed: marks } = await pace.run(async () => await library.collection(uri).changes())
  return new Map(marks.map((mark) => [mark.name, mark]))
}

const nameOf = <Settings>(item: Item, shelf: Shelf<Settings>): string => `${factsOf(item).title ?? nameIn(item.key)}, in ${shelf.title}`

interface Place<Settings> {
  readonly shelf: Shelf<Settings>
  readonly uri: string
  readonly there: ReadonlyMap<string, ObjectMark>
}

async function verifyBatch<Settings>(check: Check<Settings>, { shelf, uri, there }: Place<Settings>, batch: readonly Item[]): Promise<void> {
  const { source, destination, from, to } = check.run
  const placeOf = (item: Item): string | undefined => (item.destinationKey === undefined ? undefined : nameIn(item.destinationKey))
  const names = batch.flatMap((item) => placeOf(item) ?? []).filter((name) => there.has(name))
  const [mine, theirs] = await Promise.all([
    source.pace.run(async () => await from.collection(shelf.uri).read(batch.map(({ key }) => nameIn(key)))),
    destination.pace.run(async () => await to.collection(uri).read(names)),
  ])
  for (const item of batch) {
    check.checked += 1
    const reason = difference(item, mine.get(nameIn(item.key)), theirs.get(placeOf(item) ?? ''))
    if (reason !== undefined) differ(check, nameOf(item, shelf), reason)
  }
}

/** Pure. */
export function difference(item: Item, here: StoredObject | undefined, there: StoredObject | undefined): string | undefined {
  if (here === undefined) return 'the old host cannot show it'
  if (there === undefined) return 'it is not at the new host'
  if (saysTheSame(here.data, there.data)) return undefined
  if (here.etag !== item.sourceMark) return 'it changed at the old host since it was moved'
  if (item.destinationMark !== undefined && there.etag !== item.destinationMark) return 'it changed at the new host since it was moved'
  const lost = lostLines(here.data, there.data)
  if (factsOf(item).tidied === true && lost.length === 0) return undefined
  return `its content differs${lost.length === 0 ? '' : `: the new host lacks ${lost.slice(0, 3).join('; ')}${lost.length > 3 ? ` and ${lost.length - 3} more lines` : ''}`}`
}
