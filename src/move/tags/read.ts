import { openTags } from '../../nextcloud/tags/index.ts'
import type { SystemTag, TaggedFile } from '../../nextcloud/tags/contract.ts'
import type { Side } from '../contract.ts'

/** Tags of one name: servers take several that differ in who may set them. */
export interface NamedTag extends Omit<SystemTag, 'id'> {
  readonly ids: readonly string[]
}

/** Those on files of the account. */
export async function tagsInUse({ remote, pace, instead }: Side): Promise<NamedTag[]> {
  return byName(await pace.run(async () => await (instead?.tags ?? openTags(remote)).inUse()))
}

/** Pure. */
export function byName(tags: readonly SystemTag[]): NamedTag[] {
  return [...Map.groupBy(tags, ({ name }) => name)].map(([name, same]) => ({
    name,
    ids: same.map(({ id }) => id),
    canAssign: same.some(({ canAssign }) => canAssign),
    color: same.find(({ color }) => color !== undefined)?.color,
  }))
}

/** Files with any of these tags, each once. */
export async function filesWith({ remote, pace, instead }: Side, tagIds: readonly string[]): Promise<TaggedFile[]> {
  const found = new Map<string, TaggedFile>()
  for (const id of tagIds) {
    await pace.run(async () => {
      for await (const file of (instead?.tags ?? openTags(remote)).filesWith(id)) found.set(file.fileId, file)
    })
  }
  return [...found.values()]
}
