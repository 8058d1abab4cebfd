import { openComments } from '../../nextcloud/comments/index.ts'
import type { FileComment } from '../../nextcloud/comments/contract.ts'
import type { EntryExtras } from '../../nextcloud/files/extras.ts'
import { fileIdAt } from '../carried.ts'
import type { KindVerdict, MoveContext } from '../contract.ts'
import { isMissing } from '../files/trouble.ts'
import { markOf } from '../groupware/mark.ts'
import type { Item } from '../journal.ts'
import type { Refusal } from '../kinds.ts'
import { inParallel } from '../workers.ts'
import { factsOf, keyOf } from './items.ts'
import { commented, commentsOn } from './scan.ts'

/** Reads the comments of both sides again. */
export async function verify(context: MoveContext): Promise<KindVerdict> {
  const differing: Refusal[] = []
  let checked = 0
  await inParallel(await commented(context), context.source.pace.most, async (entry) => {
    const here = await commentsOn(context, entry)
    const items = here.map((comment) => context.journal.get('comments', keyOf(entry.fileId, comment.id)))
    const there = await messagesAt(context, items.find((item) => item !== undefined))
    checked += here.length
    for (const [index, comment] of here.entries()) {
      const reason = difference(comment, items[index], there)
      if (reason !== undefined) differing.push({ what: titleOf(entry, comment), reason, next: 'run the move again' })
    }
  })
  return { checked, differing }
}

const titleOf = ({ path }: EntryExtras, { id }: FileComment): string => `${path} (${Number(id)})`

async function messagesAt({ destination }: MoveContext, item: Item | undefined): Promise<ReadonlySet<string>> {
  const fileId = item?.destinationKey === undefined ? undefined : await fileIdAt(destination, item.destinationKey, item.destinationId)
  if (fileId === undefined) return new Set()
  try {
    const there = await destination.pace.run(async () => await openComments(destination.remote).on(fileId))
    return new Set(there.map(({ message }) => message.trim()))
  } catch (error) {
    if (isMissing(error)) return new Set()
    throw error
  }
}

/** Pure. */
export function difference({ message }: FileComment, item: Item | undefined, there: ReadonlySet<string>): string | undefined {
  if (item === undefined) return 'it was written at the source since the others were carried'
  if (item.state === 'refused') return undefined
  if (item.sourceMark !== markOf({ message })) return 'it changed at the source since it was carried'
  return factsOf(item).texts.every((text) => there.has(text)) ? undefined : 'the comment is at the source and not at the destination'
}
