import type { RemoteEntry, Written } from '../../nextcloud/files/contract.ts'
import type { Item } from '../journal.ts'
import { changed, factsOf, keepsTime } from './facts.ts'
import type { FilesRun } from './run.ts'

/** Takes down what was written. Where the server did not say the etag, it is asked. */
export async function settle(run: FilesRun, item: Item, { written, sha256 }: { readonly written: Written; readonly sha256?: string | undefined }): Promise<void> {
  const { files, pace } = run.context.destination
  const path = item.destinationKey ?? item.key
  const entry = written.etag === undefined ? await pace.run(async () => await files.stat(path), 'look') : undefined
  const [etag, fileId] = [written.etag ?? entry?.etag, written.fileId ?? entry?.fileId]
  run.done(ours(item, { etag, fileId, sha256 }))
}

export function ours(item: Item, { etag, fileId, sha256 }: { readonly etag: string | undefined; readonly fileId: string | undefined; readonly sha256?: string | undefined }): Item {
  const alone = sha256 === undefined ? { sha256: undefined, alone: undefined } : { sha256, alone: true as const }
  return changed(item, { state: 'moved', destinationMark: etag, destinationId: fileId, reason: undefined, next: undefined }, { ...alone, upload: undefined, from: undefined, again: undefined })
}

/** Whether an entry is what this item was announced to become: it was not there before, and nobody else gives it this very time. Pure. */
export function isAsAnnounced(item: Item, entry: Pick<RemoteEntry, 'folder' | 'size' | 'mtime'>): boolean {
  const { mtime } = factsOf(item)
  return !entry.folder && entry.size === item.bytes && keepsTime(mtime) && entry.mtime === mtime
}
