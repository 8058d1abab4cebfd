import { keepsTrash, listTrash } from '../../nextcloud/files/trash.ts'
import type { Kind, KindInventory, KindTally, KindVerdict, MoveContext } from '../contract.ts'
import { FilesRun } from '../files/run.ts'
import { setFolderTimes } from '../files/times.ts'
import type { MoveJournal } from '../journal.ts'
import type { Refusal } from '../kinds.ts'
import { carryTrashed, type Resting } from './carry.ts'
import { trashFacts, trashItem, trashName } from './facts.ts'

/** What was deleted: uploaded to where it was, and deleted again. */
export const trash: Kind = {
  name: 'trash',
  inventory: async (context) => await inventory(context),
  run: async (context) => await carry(context),
  verify: async (context) => await verify(context),
}

const none: Refusal = {
  what: 'Trash of the files',
  reason: 'the new host keeps no deleted files',
  next: 'take out of the trash what you want to keep, and run the move again',
}
const newDate: Refusal = {
  what: 'Dates of deletion',
  reason: 'servers count what is carried into the trash as deleted on the day of the move; once restored, a file has the date of its first deletion',
  next: 'take out of the trash soon what you want to keep: the new host empties its trash by its own rules',
}

async function inventory(context: MoveContext): Promise<KindInventory> {
  if (!keepsTrash(context.source.remote)) return { count: 0, left: [] }
  if (!keepsTrash(context.destination.remote)) return { count: 0, left: [none] }
  await scan(context)
  const { counts, totalBytes } = context.journal.tally('trash')
  const count = counts.found + counts.writing + counts.moved
  return { count, bytes: totalBytes, left: [...(count === 0 ? [] : [newDate]), ...refusalsOf(context.journal)], requests: counts.found * requestsEach + 1 }
}

/** Look for a free place and for its folder; out, in; look; delete. More for what is inside of folders. */
const requestsEach = 6

async function scan({ journal, source }: MoveContext): Promise<void> {
  const found = await source.pace.run(async () => await listTrash(source.remote, ''))
  const names = new Set(found.map(({ path }) => path))
  journal.together(() => {
    for (const entry of found) {
      const known = journal.get('trash', entry.path)
      if (known === undefined || known.state === 'refused') journal.put('trash', trashItem(entry))
    }
    for (const item of journal.walk('trash')) if ((item.state === 'found' || item.state === 'refused') && !names.has(item.key)) journal.delete('trash', item.key)
  })
}

async function carry(context: MoveContext): Promise<KindTally> {
  const { journal, source, destination } = context
  if (!keepsTrash(source.remote)) return { moved: 0, alreadyThere: 0, refused: [] }
  if (!keepsTrash(destination.remote)) return { moved: 0, alreadyThere: 0, refused: [none] }
  await scan(context)
  const run = new FilesRun(context, Number(journal.fact('files.pass') ?? 0))
  const resting: Resting = new Map()
  const open = [...journal.walk('trash', 'writing'), ...journal.walk('trash', 'found')]
  for (const item of open.toSorted((a, b) => trashFacts(a).deletedAt - trashFacts(b).deletedAt)) {
    run.check()
    await carryTrashed(run, item, resting)
    const { counts, movedBytes, totalBytes } = journal.tally('trash')
    context.progress({ kind: 'trash', done: counts.moved, total: counts.found + counts.writing + counts.moved + counts.refused, doneBytes: movedBytes, totalBytes })
  }
  await setFolderTimes(run)
  const { counts, movedBytes } = journal.tally('trash')
  return { moved: counts.moved, alreadyThere: 0, refused: refusalsOf(journal), bytes: movedBytes }
}

const refusalsOf = (journal: MoveJournal): Refusal[] =>
  [...journal.walk('trash', 'refused')].map((item) => ({ what: trashName(item), reason: item.reason ?? '', ...(item.next === undefined ? {} : { next: item.next }) }))

async function verify({ journal, destination }: MoveContext): Promise<KindVerdict> {
  const items = [...journal.walk('trash', 'moved')]
  if (items.length === 0) return { checked: 0, differing: [] }
  const there = new Map((await destination.pace.run(async () => await listTrash(destination.remote, ''))).map(({ fileId, size }) => [fileId, size]))
  const differing = items
    .filter((item) => there.get(item.destinationId ?? '') !== item.bytes)
    .map((item) => ({ what: trashName(item), reason: 'it is not in the trash at the destination any more, or has another size there', next: 'take it out of the trash at the source, and run the move again' }))
  return { checked: items.length, differing }
}
