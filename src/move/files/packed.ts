import { passed } from '../../kit/memory.ts'
import type { Slab } from '../../kit/slabs.ts'
import type { Item } from '../journal.ts'
import { aimFor, alreadyThere, besideTwin, type Aim } from './aim.ts'
import { writeBulk, type Loaded } from './bulk.ts'
import { factsOf } from './facts.ts'
import { nameOf, parentOf } from './names.ts'
import { readPack, type Wanted } from './read-pack.ts'
import type { FilesRun } from './run.ts'
import { single } from './single.ts'
import { inParallel } from '../workers.ts'

/** Fewer are as quickly written one by one, and then with a precondition. */
const leastForBulk = 2

/** Many small files: out as one zip, in by one bulk upload; what does not suit that goes by itself. Items that fail are refused. */
export async function packed(run: FilesRun, items: readonly Item[]): Promise<void> {
  // Folders are made before memory is asked for, in which others may write meanwhile.
  const aims = await aimAll(run, items)
  using slab = await run.slabs.take(aims.reduce((sum, { item }) => sum + item.bytes, 0))
  await carry(run, aims, slab)
}

async function carry(run: FilesRun, aims: readonly Aim[], slab: Slab): Promise<void> {
  const read = await readOf(run, aims, slab)
  const loaded = await withoutTwins(run, aims, read)
  const suited = suitedOf(run, loaded)
  const many = new Set(suited.length >= leastForBulk ? suited : [])
  const unwritten = many.size > 0 ? await writeBulk(run, [...many]) : []
  const alone: (Loaded | Aim)[] = [...unwritten, ...loaded.filter((each) => !many.has(each)), ...aims.filter(({ item }) => !read.has(item.key))]
  await inParallel(alone, run.context.destination.pace.most, async (each) => {
    const { item } = 'aim' in each ? each.aim : each
    try {
      await single(run, item, 'aim' in each ? each : undefined)
    } catch (error) {
      run.refuse(run.need(item.key), error)
    }
  })
}

/** Of one path, the first at most, and none that stands for something else: bulk uploads overwrite. Only a write with a precondition notices. */
function suitedOf(run: FilesRun, loaded: readonly Loaded[]): Loaded[] {
  const { abilities } = run.context.destination.files
  if (!run.limits.bulk || !abilities.bulk) return []
  const firstOf = new Map(loaded.toReversed().map((each) => [each.aim.path, each]))
  return loaded.filter((each) => {
    const { item, path, over } = each.aim
    // A name that was chosen may be chosen twice.
    const own = nameOf(path) === nameOf(item.key) && !run.places.standsForOther(item, path) && firstOf.get(path) === each
    return own && over === 'new' && factsOf(item).ctime === undefined && abilities.bulkTakes(path)
  })
}

/** Those whose folder cannot be made or read are refused here. */
async function aimAll(run: FilesRun, items: readonly Item[]): Promise<Aim[]> {
  const aims: Aim[] = []
  for (const item of items) {
    try {
      aims.push(aimFor(run, item, await run.places.ready(parentOf(item.key), { fresh: true })))
    } catch (error) {
      run.refuse(item, error)
    }
  }
  return aims
}

async function readOf(run: FilesRun, aims: readonly Aim[], { buffer }: Slab): Promise<ReadonlyMap<string, Buffer>> {
  const wanted = aims.map(({ item }): Wanted => ({ path: item.key, size: item.bytes, etag: item.sourceMark }))
  const { contents, zipFailed } = await readPack(run.context.source, wanted, { zip: run.limits.zip, holdsOnly: (folder, entries) => run.holdsOnly(folder, entries), memory: buffer })
  if (zipFailed !== undefined) run.zipFailed(zipFailed)
  return contents
}

/** Files that are there already with the same content are taken down; those with other content go beside. */
async function withoutTwins(run: FilesRun, aims: readonly Aim[], read: ReadonlyMap<string, Buffer>): Promise<Loaded[]> {
  const twins = aims.filter(({ twin }) => twin !== undefined)
  const { contents: there } = await readPack(run.context.destination, twins.map(({ path, item }): Wanted => ({ path, size: item.bytes })), { zip: true })
  passed(twins.reduce((sum, { item }) => sum + item.bytes, 0), { held: true })
  const loaded: Loaded[] = []
  for (const aim of aims) {
    const bytes = read.get(aim.item.key)
    if (bytes === undefined) continue
    if (aim.twin === undefined) loaded.push({ aim, bytes })
    else if (there.get(aim.path)?.equals(bytes) === true && !run.places.standsForOther(aim.item, aim.path)) run.done(alreadyThere(aim, aim.twin))
    else loaded.push({ aim: besideTwin(run, aim, await run.places.ready(parentOf(aim.item.key))), bytes })
  }
  return loaded
}
