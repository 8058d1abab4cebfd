import type { Kind } from '../contract.ts'
import { livePhotosOf } from './live-photos.ts'
import { filesWith, tagsInUse } from './read.ts'
import { carry } from './run.ts'
import { verify } from './verify.ts'

/** Tags on files and folders, as far as the person sees them and may set them, after the files have been carried; and what makes one live photo of a picture and a film. */
export const tags: Kind = {
  name: 'tags',
  async inventory({ source }) {
    let count = (await livePhotosOf(source)).length
    for (const { ids } of await tagsInUse(source)) count += (await filesWith(source, ids)).length
    return { count, left: [] }
  },
  run: carry,
  verify,
}
