import type { Kind, MoveContext } from '../contract.ts'
import type { Refusal } from '../kinds.ts'
import { carry } from './run.ts'
import { commented } from './scan.ts'
import { verify } from './verify.ts'

/** Comments on files and folders, after these have been carried: written by the account that moves, with author and date in the text. */
export const comments: Kind = {
  name: 'comments',
  async inventory(context) {
    const found = await commented(context)
    return { count: found.reduce((sum, entry) => sum + entry.comments, 0), left: await withoutFiles(context) }
  },
  run: carry,
  verify,
}

/** Nobody can tell which files have comments without looking at all of them. */
async function withoutFiles({ journal, source }: MoveContext): Promise<Refusal[]> {
  if (journal.page('files', { limit: 1 }).length > 0) return []
  const empty = await source.pace.run(async () => {
    for await (const _entry of source.files.list('')) return false
    return true
  })
  return empty ? [] : [{ what: 'Comments', reason: 'comments hang on files, and no files move with this move', next: 'let files and comments move together' }]
}
