import type { Kind } from '../contract.ts'
import { filesWith, tagsInUse } from './read.ts'
import { carry } from './run.ts'
import { verify } from './verify.ts'

/** Tags on files and folders, as far as the person sees them and may set them, after the files have been carried. */
export const tags: Kind = {
  name: 'tags',
  async inventory({ source }) {
    let count = 0
    for (const { ids } of await tagsInUse(source)) count += (await filesWith(source, ids)).length
    return { count, left: [] }
  },
  run: carry,
  verify,
}
