import type { Item } from '../journal.ts'
import { changed, factsOf, isFolder } from './facts.ts'
import { entriesAt } from './look.ts'
import { parentOf } from './names.ts'
import type { Met } from './places.ts'
import type { FilesRun } from './run.ts'
import { isAsAnnounced, ours } from './written.ts'

/**
 * After a run that ended in the middle: for everything announced, looks whether it was written. An announcement is made only where
 * nothing of that name was there (or where what was there was ours), so what is there as announced is ours.
 */
export async function recover(run: FilesRun): Promise<void> {
  for (;;) {
    const items = run.journal.page('files', { state: 'writing', limit: 1000 })
    if (items.length === 0) return
    for (const group of Map.groupBy(items, (item) => parentOf(item.destinationKey ?? item.key)).values()) await recoverSome(run, group)
  }
}

async function recoverSome(run: FilesRun, items: readonly Item[]): Promise<void> {
  run.check()
  const { files, pace } = run.context.destination
  const found = await pace.run(async () => await entriesAt(files, items.map((item) => item.destinationKey ?? item.key)))
  run.journal.together(() => {
    for (const item of items) {
      const met = found.get(item.destinationKey ?? item.key)
      run.put(recovered(item, met))
      run.touch(item.key)
    }
  })
}

/** Pure. */
export function recovered(item: Item, met: Met | undefined): Item {
  const again = changed(item, { state: 'found' })
  if (factsOf(item).from !== undefined) return met?.fileId === item.destinationId ? again : changed(again, { destinationKey: undefined, destinationId: undefined }, { from: undefined })
  if (isFolder(item)) return met?.folder === true ? changed(item, { state: 'moved', destinationId: met.fileId }) : changed(again, { destinationKey: undefined })
  if (item.destinationMark !== undefined) return recoveredOver(item, met)
  if (met === undefined || !isAsAnnounced(item, met)) return changed(again, { destinationKey: undefined })
  return ours(item, { ...met, md5: undefined })
}

/** It was announced over what this move had written before. */
function recoveredOver(item: Item, met: Met | undefined): Item {
  if (met === undefined || met.etag === item.destinationMark || !isAsAnnounced(item, met)) return changed(item, { state: 'found' })
  return ours(item, { ...met, md5: undefined })
}
