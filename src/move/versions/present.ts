import type { RemoteEntry } from '../../nextcloud/files/contract.ts'
import { restoreVersion } from '../../nextcloud/files/versions.ts'
import { streamOf } from '../../nextcloud/remote.ts'
import type { MoveContext } from '../contract.ts'
import { changed } from '../files/facts.ts'
import { isConflict, isMissing } from '../files/trouble.ts'
import type { Item } from '../journal.ts'
import { fileOf, versionFacts, withFacts, type Present } from './facts.ts'

type Bringing = Pick<MoveContext, 'journal' | 'destination' | 'clock'>

/** `same`: nothing was written. `restored`: the present content is back. `old`: one of ours stands there. `theirs`: somebody else wrote. */
export type Standing = 'same' | 'restored' | 'old' | 'theirs' | 'gone'

/** What stands in a file into which these old contents were being written. Pure. */
export function standingOf(writing: readonly Item[], entry: Pick<RemoteEntry, 'etag' | 'mtime' | 'size' | 'folder'> | undefined): Standing {
  const [first] = writing
  const present = first === undefined ? undefined : versionFacts(first).present
  if (entry === undefined || entry.folder || first === undefined || present === undefined) return 'gone'
  if (entry.etag === first.destinationMark) return 'same'
  if (isPresent(entry, present)) return 'restored'
  return writing.some((item) => versionFacts(item).stamp === entry.mtime && item.bytes === entry.size) ? 'old' : 'theirs'
}

/**
 * After a run that ended in the middle of writing old contents into a file: brings its present content back. Before anything else is
 * done with the files, for which such a file would look changed by somebody.
 */
export async function bringBackPresent(context: Bringing): Promise<void> {
  const writing = [...context.journal.walk('versions', 'writing')]
  for (const items of Map.groupBy(writing, ({ sourceId }) => sourceId).values()) await context.destination.pace.run(async () => await bringBack(context, items))
}

/** The same for one file; outside of any pace, so that it is done also when the move is being stopped. */
export async function bringBack({ journal, destination, clock }: Bringing, writing: readonly Item[]): Promise<void> {
  const [first] = writing
  const present = first === undefined ? undefined : versionFacts(first).present
  if (first === undefined || present === undefined) return
  const path = first.destinationKey ?? ''
  const entry = await destination.files.stat(path)
  const standing = standingOf(writing, entry)
  const again = (): void => writing.forEach((item) => journal.put('versions', withFacts(item, { state: 'found' }, { present: undefined })))
  if (standing === 'theirs') {
    journal.together(() => writing.forEach((item) => journal.put('versions', withFacts(item, { state: 'refused', reason: changedMeanwhile, next: lookAmongVersions }, { present: undefined }))))
    journal.note('versions', `"${path}": ${changedMeanwhile}`, clock.now())
    return
  }
  const etag = entry === undefined || standing !== 'old' ? entry?.etag : await restore({ journal, destination }, { path, etag: entry.etag, fileId: entry.fileId, present, sourceId: first.sourceId })
  journal.together(() => {
    again()
    if (etag !== undefined) adopt(journal, first.sourceId, { path, etag })
  })
}

export const changedMeanwhile = 'the file was changed at the destination while its old versions were being written'
export const lookAmongVersions = 'what was carried is among the versions of the file there'

/** The etag that the present content has now is that of ours. */
export function adopt(journal: MoveContext['journal'], sourceId: string, { path, etag }: { readonly path: string; readonly etag: string }): void {
  const file = fileOf(journal, sourceId) ?? journal.bySourceId('files', sourceId)[0]
  if (file?.destinationKey === path && file.destinationMark !== undefined) journal.put('files', changed(file, { destinationMark: etag }))
}

interface Restore {
  readonly path: string
  /** Of the old content that stands there, written by this move. */
  readonly etag: string
  readonly fileId: string
  readonly present: Present
  readonly sourceId: string
}

/**
 * The present content stands again; answers its etag, or undefined where somebody else wrote meanwhile. The server has it as a version since the first old content was written. Where
 * that is gone (expired for want of room), the file is carried anew over the old content.
 */
export async function restore({ journal, destination }: Pick<MoveContext, 'journal' | 'destination'>, { path, etag, fileId, present, sourceId }: Restore): Promise<string | undefined> {
  const { remote, files } = destination
  try {
    if (present.size === 0) await files.write(path, { stream: streamOf(Buffer.alloc(0)), length: 0 }, { over: { etag }, mtime: present.mtime })
    else await restoreVersion(remote, { fileId, stamp: present.mtime, path, etag })
  } catch (error) {
    if (isMissing(error)) return carriedAnew(journal, sourceId, etag)
    if (!isConflict(error)) throw error
    const entry = await files.stat(path)
    return isPresent(entry, present) ? entry?.etag : undefined
  }
  const entry = await files.stat(path)
  return entry === undefined || isPresent(entry, present) ? entry?.etag : carriedAnew(journal, sourceId, entry.etag)
}

const isPresent = (entry: Pick<RemoteEntry, 'mtime' | 'size'> | undefined, present: Present): boolean => entry?.mtime === present.mtime && entry.size === present.size

function carriedAnew(journal: MoveContext['journal'], sourceId: string, etag: string): string {
  const file = fileOf(journal, sourceId)
  if (file !== undefined) journal.put('files', changed(file, { state: 'found', destinationMark: etag }))
  return etag
}
