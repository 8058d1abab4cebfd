import type { Language } from '../../kit/format.ts'
import { openComments } from '../../nextcloud/comments/index.ts'
import type { FileComment } from '../../nextcloud/comments/contract.ts'
import type { EntryExtras } from '../../nextcloud/files/extras.ts'
import type { MoveContext } from '../contract.ts'
import { walkExtras } from '../extras.ts'
import { inParallel } from '../workers.ts'
import { changed, factsOf, itemFor } from './items.ts'

/** Files and folders of the source that have comments. */
export async function commented(context: MoveContext): Promise<EntryExtras[]> {
  const { instead } = context.source
  if (instead !== undefined) return [...(await instead.comments.entries())]
  const found = new Map<string, EntryExtras>()
  await walkExtras(context, (entries) => {
    for (const entry of entries) if (entry.comments > 0) found.set(entry.fileId, entry)
  })
  return [...found.values()]
}

export async function commentsOn({ source }: MoveContext, { fileId }: EntryExtras): Promise<FileComment[]> {
  return await source.pace.run(async () => await (source.instead?.comments ?? openComments(source.remote)).on(fileId))
}

/** Takes in what there is now; what is gone from the source is marked so, or forgotten where this move did not write it. */
export async function scan(context: MoveContext, pass: number, language: Language): Promise<void> {
  const { journal, source, signal } = context
  await inParallel(await commented(context), source.pace.most, async (entry) => {
    signal.throwIfAborted()
    const comments = await commentsOn(context, entry)
    journal.together(() => {
      for (const comment of comments) journal.put('comments', itemFor(journal, { entry, comment, uid: source.remote.uid, language, pass }))
    })
  })
  journal.together(() => {
    for (const item of journal.walk('comments')) {
      if (item.pass === pass) continue
      const { written, old } = factsOf(item)
      if (written.length + old.length === 0) journal.delete('comments', item.key)
      else journal.put('comments', changed(item, { state: 'gone' }, { written: [], old: [...old, ...written] }))
    }
  })
}
