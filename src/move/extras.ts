import { listExtras, type EntryExtras } from '../nextcloud/files/extras.ts'
import type { MoveContext } from './contract.ts'
import { isFolder } from './files/facts.ts'
import type { MoveJournal } from './journal.ts'
import { inParallel } from './workers.ts'

/** So many entries are asked for at once, all below one folder: 28.0.2 lists 5,100 in 0.9 s so, and in 6.7 s folder by folder (101 of them, four at a time). */
const mostAtOnce = 5000

interface Chunk {
  readonly folder: string
  readonly depth: '1' | 'infinity'
}

/**
 * All entries of the source with what hangs on them: no etag tells when that changed. `take` gets them in batches. Small trees
 * are asked for whole, so that 100,000 files take dozens of requests and not one each.
 */
export async function walkExtras(context: MoveContext, take: (entries: readonly EntryExtras[]) => void): Promise<void> {
  const { source, journal, signal } = context
  await inParallel(chunks(journal, ''), source.pace.most, async (chunk) => {
    signal.throwIfAborted()
    const entries = await entriesIn(context, chunk)
    if (chunk.depth === '1' || entries.length >= below(journal, chunk.folder)) return take(entries)
    // A server that lists no tree whole, or something is gone meanwhile: folder by folder.
    for (const folder of foldersIn(journal, chunk.folder)) take(await entriesIn(context, { folder, depth: '1' }))
  })
}

/** Pure but for the journal. */
export function* chunks(journal: MoveJournal, folder: string): Generator<Chunk> {
  const whole = folder !== '' && below(journal, folder) <= mostAtOnce
  yield { folder, depth: whole ? 'infinity' : '1' }
  if (whole) return
  for (const item of childrenOf(journal, folder)) if (isFolder(item) && isThere(item.state)) yield* chunks(journal, item.key)
}

function* childrenOf(journal: MoveJournal, folder: string): Generator<ReturnType<MoveJournal['children']>[number]> {
  for (let after = ''; ; ) {
    const items = journal.children('files', folder, { after })
    yield* items
    const last = items.at(-1)
    if (last === undefined) return
    after = last.key
  }
}

function* foldersIn(journal: MoveJournal, folder: string): Generator<string> {
  yield folder
  for (const item of journal.under('files', folder)) if (isFolder(item) && isThere(item.state)) yield item.key
}

/** Refused ones are other people's, or cannot be listed. */
const isThere = (state: string): boolean => state !== 'refused' && state !== 'gone'

/** Entries that the journal knows below a folder; not counted further than needed. */
function below(journal: MoveJournal, folder: string): number {
  let count = 0
  for (const { state } of journal.under('files', folder)) {
    if (isThere(state)) count += 1
    if (count > mostAtOnce) break
  }
  return count
}

async function entriesIn({ source }: MoveContext, { folder, depth }: Chunk): Promise<EntryExtras[]> {
  return await source.pace.run(async () => {
    const entries: EntryExtras[] = []
    for await (const entry of listExtras(source.remote, folder, depth)) entries.push(entry)
    return entries
  })
}
