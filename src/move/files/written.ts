import type { RemoteEntry, Written } from '../../nextcloud/files/contract.ts'
import type { Item } from '../journal.ts'
import { changed, factsOf, keepsTime } from './facts.ts'
import type { FilesRun } from './run.ts'

/** Takes down what was written. Where the server did not say the etag, it is asked. */
export async function settle(run: FilesRun, item: Item, { written, md5 }: { readonly written: Written; readonly md5?: string | undefined }): Promise<void> {
  const { files, pace } = run.context.destination
  const path = item.destinationKey ?? item.key
  const entry = written.etag === undefined ? await pace.run(async () => await files.stat(path), 'look') : undefined
  const [etag, fileId] = [written.etag ?? entry?.etag, written.fileId ?? entry?.fileId]
  run.done(ours(item, { etag, fileId, md5 }))
}

export function ours(item: Item, { etag, fileId, md5 }: { readonly etag: string | undefined; readonly fileId: string | undefined; readonly md5?: string | undefined }): Item {
  const alone = md5 === undefined ? { md5: undefined, alone: undefined } : { md5, alone: true as const }
  return changed(item, { state: 'moved', destinationMark: etag, destinationId: fileId, reason: undefined, next: undefined }, { ...alone, upload: undefined, tried: undefined, from: undefined, again: undefined })
}

/** Whether an entry is what this item was announced to become: it was not there before, and nobody else gives it this very time. Pure. */
export function isAsAnnounced(item: Item, entry: Pick<RemoteEntry, 'folder' | 'size' | 'mtime'>): boolean {
  const { mtime } = factsOf(item)
  return !entry.folder && entry.size === item.bytes && keepsTime(mtime) && entry.mtime === mtime
}
