import type { KindInventory, KindTally, Renamed } from '../contract.ts'
import type { MoveJournal } from '../journal.ts'
import type { Refusal } from '../kinds.ts'
import { isRenamed } from './aim.ts'
import { pathIn } from './names.ts'
import { sharedAgain } from './own.ts'

export function tallyOf(journal: MoveJournal): KindTally {
  const { counts, movedBytes } = journal.tally('files')
  return { moved: counts.moved, alreadyThere: counts.there, refused: refusalsIn(journal), bytes: movedBytes, renamed: renamedIn(journal) }
}

export function inventoryOf(journal: MoveJournal): KindInventory {
  const { counts, totalBytes } = journal.tally('files')
  const left = refusalsIn(journal)
  const bytesLeft = [...journal.walk('files', 'refused')].reduce((sum, { bytes }) => sum + bytes, 0)
  return { count: counts.found + counts.writing + counts.moved + counts.there, bytes: totalBytes - bytesLeft, left }
}

/** But for what comes again with the shares of its owner. */
export const refusalsIn = (journal: MoveJournal): Refusal[] => journal.refusals('files').filter(({ reason }) => reason !== sharedAgain).map((refusal) => ({ ...refusal, what: pathIn(refusal.what) }))

/** Names that differ; what lies below a renamed folder keeps its own. */
function renamedIn(journal: MoveJournal): Renamed[] {
  return [...journal.elsewhere('files')].filter(isRenamed).map(({ key, destinationKey }) => ({ what: key, as: destinationKey }))
}
