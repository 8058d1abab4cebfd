import type { Item } from '../journal.ts'
import { tasksOf, type Task } from './lanes.ts'
import { packed } from './packed.ts'
import type { FilesRun } from './run.ts'
import { single } from './single.ts'
import { inParallel } from '../workers.ts'

/** While the destination writes as much as it bears, the next things are read. */
const readAhead = 1

/** Carries all that is found: folders before what is in them, several things at once. */
export async function apply(run: FilesRun): Promise<void> {
  const tasks = tasksOf(run.journal.walk('files', 'found'), () => run.limits)
  await inParallel(tasks, run.context.destination.pace.most + readAhead, async (task) => {
    run.check()
    const items = task.items.map(({ key }) => run.need(key)).filter(({ state }) => state === 'found')
    if (items.length === 0) return
    run.tell({ note: noteFor(task, items) })
    if (task.lane === 'packed') await packed(run, items)
    else for (const item of items) await one(run, task, item)
  })
}

async function one(run: FilesRun, { lane }: Task, item: Item): Promise<void> {
  try {
    if (lane === 'folder') await run.places.ready(item.key)
    else await single(run, item)
  } catch (error) {
    run.refuse(run.need(item.key), error)
  }
}

const noteFor = ({ lane }: Task, items: readonly Item[]): string => (lane === 'packed' ? `${items.length} small files` : `${lane === 'folder' ? 'folder' : lane} "${items[0]?.key ?? ''}"`)
