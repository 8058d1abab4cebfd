import type { Kind, KindInventory, KindTally, KindVerdict, MoveContext } from '../contract.ts'
import type { Refusal } from '../kinds.ts'
import { AlbumsRun, carry } from './carry.ts'
import { albumKey, factsOf, isAlbum, picturesOf, refusalsIn, renamedIn } from './items.ts'

/** Albums of the app Photos, after the pictures in them have been carried. */
export const albums: Kind = {
  name: 'albums',
  inventory,
  async run(context) {
    const pass = context.journal.nextPass('albums')
    await carry(new AlbumsRun(context, pass))
    return tallyOf(context)
  },
  verify,
}

async function inventory(context: MoveContext): Promise<KindInventory> {
  const run = new AlbumsRun(context, 0)
  const found = await run.atSource()
  const shared = await context.source.pace.run(async () => await run.from.shared())
  const left = shared.map((what): Refusal => ({ what, reason: 'the album belongs to somebody else, who shares it with you', next: 'ask them to share it with your new account' }))
  return { count: found.length, left }
}

/** Counts albums; of the pictures only those that are not in them. */
function tallyOf({ journal }: MoveContext): KindTally {
  const moved = [...journal.walk('albums', 'moved')].filter(isAlbum).length
  return { moved, alreadyThere: 0, refused: refusalsIn(journal), renamed: renamedIn(journal) }
}

async function verify(context: MoveContext): Promise<KindVerdict> {
  const run = new AlbumsRun(context, 0)
  const there = await run.atDestination()
  const found = await run.atSource()
  const differing: Refusal[] = []
  for (const { name, location } of found) {
    const item = context.journal.get('albums', albumKey(name))
    if (item?.state === 'refused') continue
    const twin = there?.find((album) => album.name === item?.destinationKey)
    if (item?.state !== 'moved' || twin === undefined) differing.push({ what: name, reason: 'the album is not at the new host', next: 'run the move again' })
    else if (twin.location !== location) differing.push({ what: name, reason: `its place is "${location}" at the old host, "${twin.location}" at the new one`, next: 'run the move again' })
    else differing.push(...(await missingIn(run, name, twin.name)))
  }
  return { checked: found.length, differing }
}

/** Pictures that are not in the album of this move. */
async function missingIn(run: AlbumsRun, album: string, name: string): Promise<Refusal[]> {
  const ids = await run.idsAt(name)
  const carried = new Map(picturesOf(run.context.journal, album).map((item) => [item.sourceId, item]))
  const found = await run.context.source.pace.run(async () => await run.from.pictures(album))
  return found.flatMap((picture) => {
    const item = carried.get(picture.fileId)
    if (item?.state === 'refused' || (item?.destinationId !== undefined && ids.has(item.destinationId))) return []
    return [{ what: `${item === undefined ? picture.name : (factsOf(item).name ?? '')}, ${album}`, reason: 'the picture is not in the album at the new host', next: 'run the move again' }]
  })
}
