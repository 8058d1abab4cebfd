import { openTags } from '../../nextcloud/tags/index.ts'
import type { TaggedFile } from '../../nextcloud/tags/contract.ts'
import type { KindVerdict, MoveContext } from '../contract.ts'
import type { Item } from '../journal.ts'
import type { Refusal } from '../kinds.ts'
import { keyOf } from './items.ts'
import { compareLivePhotos } from './live-photos.ts'
import { byName, filesWith, tagsInUse, type NamedTag } from './read.ts'

/** Asks both sides again which files have which tag. */
export async function verify(context: MoveContext): Promise<KindVerdict> {
  const { source, destination, signal } = context
  const there = byName(await destination.pace.run(async () => await openTags(destination.remote).list()))
  const livePhotos = await compareLivePhotos(context)
  const differing: Refusal[] = [...livePhotos.differing]
  let { checked } = livePhotos
  for (const tag of await tagsInUse(source)) {
    signal.throwIfAborted()
    const here = await filesWith(source, tag.ids)
    const found = await filesWith(destination, sameTag(tag, there))
    checked += here.length
    differing.push(...differences(context, { tag, here, found }))
  }
  return { checked, differing }
}

const sameTag = ({ name }: NamedTag, there: readonly NamedTag[]): readonly string[] =>
  (there.find((tag) => tag.name === name) ?? there.find((tag) => tag.name.toLowerCase() === name.toLowerCase()))?.ids ?? []

interface Compared {
  readonly tag: NamedTag
  readonly here: readonly TaggedFile[]
  readonly found: readonly TaggedFile[]
}

function differences({ journal }: MoveContext, { tag, here, found }: Compared): Refusal[] {
  const ids = new Set(found.map(({ fileId }) => fileId))
  return here.flatMap(({ path, fileId }): Refusal[] => {
    const reason = difference(journal.get('tags', keyOf(tag.name, fileId)), ids)
    return reason === undefined ? [] : [{ what: `${path} (${tag.name})`, reason, next: 'run the move again' }]
  })
}

/** Pure. */
export function difference(item: Item | undefined, ids: ReadonlySet<string>): string | undefined {
  if (item === undefined || item.state === 'found') return 'the tag was put on it at the source since it was carried'
  if (item.state === 'refused' || (item.destinationId !== undefined && ids.has(item.destinationId))) return undefined
  return 'it has the tag at the source and not at the destination'
}
