import type { RemoteEntry } from '../../nextcloud/files/contract.ts'
import type { Item } from '../journal.ts'
import { changed, factsFrom, factsOf, isFolder, isOurs, type FileFacts } from './facts.ts'
import { acceptableName, nameOf, type Refuses } from './names.ts'
import { notOwn } from './own.ts'

/** What a listed entry makes of what the journal knew under its path. Undefined: nothing new. Pure. */
export function merged(known: Item | undefined, entry: RemoteEntry, { pass, refuses }: { readonly pass: number; readonly refuses: Refuses }): Item | undefined {
  const alien = notOwn(entry)
  if (alien !== undefined) return isSame(known, entry) && known?.state === 'refused' ? undefined : refused(entry, pass, alien)
  if (known === undefined || known.state === 'refused' || isFolder(known) !== entry.folder) return found(entry, pass, refuses)
  if (known.state !== 'gone' && isSame(known, entry)) return undefined
  return entry.folder ? folderAgain(known, entry, pass) : fileAgain(known, entry, pass)
}

function isSame(known: Item | undefined, entry: RemoteEntry): boolean {
  return known !== undefined && known.sourceId === entry.fileId && known.sourceMark === entry.etag && (factsOf(known).favourite === true) === entry.favourite && factsOf(known).mtime === entry.mtime
}

function itemOf(entry: RemoteEntry, pass: number, facts: FileFacts): Item {
  return {
    key: entry.path,
    state: 'found',
    sourceId: entry.fileId,
    sourceMark: entry.etag,
    destinationKey: undefined,
    destinationId: undefined,
    destinationMark: undefined,
    bytes: entry.folder ? 0 : entry.size,
    extra: { ...facts },
    reason: undefined,
    next: undefined,
    pass,
  }
}

export function refused(entry: RemoteEntry, pass: number, { reason, next }: { readonly reason: string; readonly next: string }): Item {
  return { ...itemOf(entry, pass, factsFrom(entry)), state: 'refused', bytes: entry.size, reason, next }
}

function found(entry: RemoteEntry, pass: number, refuses: Refuses): Item {
  const facts = factsFrom(entry)
  const name = nameOf(entry.path)
  const why = refuses(name)
  if (why === undefined) return itemOf(entry, pass, facts)
  const as = acceptableName(name, refuses)
  if (as !== undefined) return itemOf(entry, pass, { ...facts, as })
  return refused(entry, pass, { reason: `the destination refuses the name: ${why}`, next: 'give it another name, and run the move again' })
}

/** A folder stays where it is; its mark leads the scan into it. */
function folderAgain(known: Item, entry: RemoteEntry, pass: number): Item {
  const state = known.state === 'gone' ? 'moved' : known.state
  return changed(known, { state, sourceId: entry.fileId, sourceMark: entry.etag, pass }, refreshed(entry))
}

/** Changed content is carried anew: over what this move wrote; else it meets what is there as if for the first time. */
function fileAgain(known: Item, entry: RemoteEntry, pass: number): Item {
  const content = known.sourceMark === entry.etag && known.sourceId === entry.fileId
  const fields = { sourceId: entry.fileId, sourceMark: entry.etag, bytes: entry.size, pass }
  if (content) return changed(known, { ...fields, state: known.state === 'gone' ? 'moved' : known.state }, refreshed(entry))
  const mark = isOurs(known) || factsOf(known).from !== undefined ? {} : { destinationKey: undefined, destinationId: undefined, destinationMark: undefined }
  return changed(known, { ...fields, ...mark, state: 'found' }, refreshed(entry))
}

function refreshed(entry: RemoteEntry): { readonly [Name in keyof FileFacts]?: FileFacts[Name] | undefined } {
  const { mtime, ctime, favourite } = factsFrom(entry)
  return { mtime, ctime, favourite }
}
