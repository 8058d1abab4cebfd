import { asChatonError, ChatonError } from '../kit/errors.ts'
import { listFavourites } from '../nextcloud/files/favourites.ts'
import type { Kind, KindTally, KindVerdict, MoveContext } from './contract.ts'
import { isMissing, stops } from './files/trouble.ts'
import { inParallel } from './workers.ts'
import type { Item, MoveJournal } from './journal.ts'

/** The stars of files and folders, after these have been carried. */
export const favourites: Kind = {
  name: 'favourites',
  async inventory(context) {
    const found = await favouritesOf(context.source)
    return { count: found.length, left: [] }
  },
  run: carry,
  verify,
}

async function favouritesOf({ remote, pace, instead }: MoveContext['source']): Promise<readonly string[]> {
  return await pace.run(async () => {
    if (instead !== undefined) return await instead.favourites()
    const paths: string[] = []
    for await (const path of listFavourites(remote)) paths.push(path)
    return paths
  })
}

async function carry(context: MoveContext): Promise<KindTally> {
  const { journal, destination } = context
  const pass = journal.nextPass('favourites')
  const found = await favouritesOf(context.source)
  journal.together(() => found.forEach((path) => journal.put('favourites', itemFor(journal, path, pass))))
  // Seen on 32.0.1 and 34.0.1: where the first two favourites of an account are set at once, each makes the category, and one of them is lost.
  const [first, ...others] = [...journal.walk('favourites')].toSorted((a, b) => Number(b.state === 'found') - Number(a.state === 'found'))
  if (first !== undefined) await apply(context, first, pass)
  await inParallel(others, destination.pace.most, async (item) => await apply(context, item, pass))
  return tallyOf(journal)
}

/** What was set before stays so; a star of something that was not carried is refused. */
function itemFor(journal: MoveJournal, path: string, pass: number): Item {
  const file = journal.get('files', path)
  const carried = file !== undefined && (file.state === 'moved' || file.state === 'there') && file.destinationKey !== undefined
  const known = journal.get('favourites', path)
  const same = known?.state === 'moved' && known.destinationKey === file?.destinationKey
  const state = !carried ? 'refused' : same ? 'moved' : 'found'
  return {
    key: path,
    state,
    sourceId: file?.sourceId ?? '',
    sourceMark: '',
    destinationKey: carried ? file.destinationKey : undefined,
    destinationId: file?.destinationId,
    destinationMark: undefined,
    bytes: 0,
    extra: {},
    reason: carried ? undefined : 'the file or folder itself was not carried',
    next: carried ? undefined : 'see what the report says of the file',
    pass,
  }
}

async function apply(context: MoveContext, item: Item, pass: number): Promise<void> {
  const { journal, destination, signal } = context
  signal.throwIfAborted()
  const { destinationKey } = item
  const gone = item.pass !== pass
  if (destinationKey !== undefined && (gone ? item.state === 'moved' : item.state === 'found')) {
    const failure = await star(destination, destinationKey, !gone)
    if (failure !== undefined && !gone) {
      journal.put('favourites', { ...item, state: 'refused', reason: failure.message, next: failure.next[0] ?? 'run the move again' })
      return
    }
  }
  if (gone) journal.delete('favourites', item.key)
  else if (item.state === 'found') journal.put('favourites', { ...item, state: 'moved' })
  const { counts } = journal.tally('favourites')
  context.progress({ kind: 'favourites', done: counts.moved, total: counts.found + counts.moved + counts.refused })
}

async function star({ files, pace }: MoveContext['destination'], path: string, favourite: boolean): Promise<ChatonError | undefined> {
  try {
    await pace.run(async () => await files.setFavourite(path, favourite))
    return undefined
  } catch (error) {
    const known = asChatonError(error)
    if (stops(known)) throw error
    return isMissing(error) ? new ChatonError('not-found', `"${path}" is no longer at the destination`) : known
  }
}

function tallyOf(journal: MoveJournal): KindTally {
  const { counts } = journal.tally('favourites')
  return { moved: counts.moved, alreadyThere: counts.there, refused: journal.refusals('favourites') }
}

async function verify({ journal, source, destination }: MoveContext): Promise<KindVerdict> {
  const [here, there] = [await favouritesOf(source), new Set(await favouritesOf(destination))]
  const differing = here.flatMap((path) => {
    const item = journal.get('favourites', path)
    if (item?.state === 'refused' || (item?.destinationKey !== undefined && there.has(item.destinationKey))) return []
    return [{ what: path, reason: 'it is a favourite at the source and not at the destination', next: 'run the move again' }]
  })
  return { checked: here.length, differing }
}
