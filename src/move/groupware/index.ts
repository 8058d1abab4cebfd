import { ChatonError } from '../../kit/errors.ts'
import type { Kind, KindInventory, KindTally, MoveContext } from '../contract.ts'
import { carry, withdraw } from './carry.ts'
import { changed, refusalsIn, shelvesIn, uriIn } from './items.ts'
import type { Realm, Shelf } from './realm.ts'
import { GroupwareRun } from './run.ts'
import { scan } from './scan.ts'
import { Shelves } from './shelves.ts'
import { verify } from './verify.ts'

/** A kind of things that lie in collections of CalDAV or CardDAV. */
export function groupwareKind<Settings>(realm: Realm<Settings>): Kind {
  const { kind } = realm
  return {
    name: kind,
    async inventory(context): Promise<KindInventory> {
      const run = new GroupwareRun(context, realm)
      await scan(run)
      const { counts } = context.journal.tally(kind)
      return { count: counts.found + counts.writing + counts.moved + counts.there, left: refusalsIn(context.journal, kind) }
    },
    async run(context): Promise<KindTally> {
      await pass(new GroupwareRun(context, realm))
      const { counts, movedBytes } = context.journal.tally(kind)
      return { moved: counts.moved, alreadyThere: counts.there, refused: refusalsIn(context.journal, kind), bytes: movedBytes }
    },
    verify: async (context) => await verify(new GroupwareRun(context, realm)),
  }
}

async function pass<Settings>(run: GroupwareRun<Settings>): Promise<void> {
  run.journal.setFact(`${run.kind}.pass`, String(run.pass))
  const listing = await scan(run)
  checkShrink(run.context, run.kind)
  run.recount()
  const shelves = await Shelves.open(run, listing)
  const later = await shelves.prepare()
  const waits = new Set(later.map(({ uri }) => uri))
  for (const shelf of listing.shelves) if (!waits.has(shelf.uri)) await fill(run, shelf)
  for (const shelf of later) if (await shelves.makeLater(shelf)) await fill(run, shelf)
  await withdrawShelves(run)
  run.recount()
}

async function fill<Settings>(run: GroupwareRun<Settings>, { uri, holds }: Shelf<Settings>): Promise<void> {
  if (!holds) return
  await carry(run, uri)
  await withdraw(run, uri)
}

/** Collections that are gone from the source: theirs go, and they themselves where nothing of anybody's is left in them. */
async function withdrawShelves<Settings>(run: GroupwareRun<Settings>): Promise<void> {
  const { journal, kind, destination, to } = run
  for (const item of shelvesIn(journal, kind)) {
    if (item.state !== 'gone' || item.destinationKey === undefined) continue
    await withdraw(run, uriIn(item.key))
    const uri = uriIn(item.destinationKey)
    if (item.destinationMark !== undefined) {
      const there = await destination.pace.run(async () => (await to.list()).shelves.find((shelf) => shelf.uri === uri))
      const left = there?.holds === true ? (await destination.pace.run(async () => await to.collection(uri).changes())).changed.length : 0
      if (there?.mark === item.destinationMark && left === 0) await destination.pace.run(async () => await to.remove(uri))
      else if (there !== undefined) run.note(`"${there.title}" is gone from the old host, but was changed at the new one, or has something else in it: it stays there`)
    }
    journal.put(kind, changed(item, { destinationKey: undefined, destinationMark: undefined }))
  }
}

/** Few things may go at once without a question. */
const unasked = 10

/** Throws `refused` where the source has suddenly lost more than half: rather an emptied or wrong account than a wish. */
function checkShrink({ journal }: MoveContext, kind: 'calendars' | 'contacts'): void {
  if (journal.fact('allowShrink') === 'yes' || journal.fact(`allowShrink.${kind}`) === 'yes') return
  const { counts } = journal.tally(kind)
  const gone = [...journal.walk(kind, 'gone')].filter(({ destinationMark }) => destinationMark !== undefined).length
  const left = counts.found + counts.writing + counts.moved + counts.there
  if (gone <= unasked || gone <= left) return
  throw new ChatonError('refused', `since the last pass, ${gone} of ${gone + left} ${kind} are gone from the old account: nothing was deleted at the new one`, {
    next: ['look whether the old account is as it should be', 'if it is, run the move again and confirm that it may shrink'],
    data: { gone, left },
  })
}
