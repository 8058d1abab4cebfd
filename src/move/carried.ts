import type { MoveContext, Side } from './contract.ts'
import type { Item, MoveJournal } from './journal.ts'
import type { KindName } from './kinds.ts'

/** A file or folder of the source that is at the destination. */
export interface Carried extends Item {
  readonly destinationKey: string
}

/** By its id at the source, which stays when it is renamed. */
export function carriedFile(journal: MoveJournal, fileId: string): Carried | undefined {
  return journal.bySourceId('files', fileId).find(isCarried)
}

const isCarried = (item: Item): item is Carried => (item.state === 'moved' || item.state === 'there') && item.destinationKey !== undefined

/** The id of what is at this path; the journal knows that of files, the server that of folders. Undefined where it is gone. */
export async function fileIdAt({ files, pace }: Side, path: string, known: string | undefined): Promise<string | undefined> {
  return known ?? (await pace.run(async () => await files.stat(path)))?.fileId
}

/** Number of the pass of a kind that begins now. */
export function nextPass(journal: MoveJournal, kind: KindName): number {
  const pass = Number(journal.fact(`${kind}.pass`) ?? 0) + 1
  journal.setFact(`${kind}.pass`, String(pass))
  return pass
}

/** Tells how far a kind is, from what the journal says now; each call says that so many more are done. */
export function progressOf({ journal, progress }: MoveContext, kind: KindName): (more: number) => void {
  const { counts } = journal.tally(kind)
  const open = counts.found + counts.writing + counts.gone
  const total = open + counts.moved + counts.there + counts.refused
  let done = total - open
  return (more) => {
    done = Math.min(total, done + more)
    progress({ kind, done, total })
  }
}

export const fileNotCarried = { reason: 'the file or folder itself was not carried', next: 'see what the report says of the file' } as const
