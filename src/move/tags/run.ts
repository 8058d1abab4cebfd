import { asChatonError } from '../../kit/errors.ts'
import { openTags } from '../../nextcloud/tags/index.ts'
import type { RemoteTags, SystemTag } from '../../nextcloud/tags/contract.ts'
import { fileIdAt, nextPass, progressOf } from '../carried.ts'
import type { KindTally, MoveContext } from '../contract.ts'
import { isMissing, reasonOf, stops } from '../files/trouble.ts'
import type { Item } from '../journal.ts'
import { inParallel } from '../workers.ts'
import { itemFor, itemsOf, refusalsOf } from './items.ts'
import { linkLivePhotos } from './live-photos.ts'
import { filesWith, tagsInUse, type NamedTag } from './read.ts'
import { targetAfter, targetFor, type Target } from './target.ts'

interface TagsRun {
  readonly context: MoveContext
  readonly to: RemoteTags
  /** Those of the destination, asked for when first needed. */
  readonly list: () => Promise<readonly SystemTag[]>
  readonly tell: (more: number) => void
}

export async function carry(context: MoveContext): Promise<KindTally> {
  const { journal, source, destination } = context
  const pass = nextPass(journal, 'tags')
  const to = openTags(destination.remote)
  const tags = await tagsInUse(source)
  for (const { name, ids } of tags) {
    const files = await filesWith(source, ids)
    journal.together(() => files.forEach((file) => journal.put('tags', itemFor(journal, name, file, pass))))
  }
  await linkLivePhotos(context, pass)
  await withdrawGone(context, to, pass)
  let listed: Promise<readonly SystemTag[]> | undefined
  const list = async () => await (listed ??= destination.pace.run(async () => await to.list()))
  const run: TagsRun = { context, to, list, tell: progressOf(context, 'tags') }
  for (const tag of tags) await carryTag(run, tag)
  const { counts } = journal.tally('tags')
  return { moved: counts.moved, alreadyThere: counts.there, refused: refusalsOf(journal) }
}

/** What this move set, and is gone from the source. */
async function withdrawGone(context: MoveContext, to: RemoteTags, pass: number): Promise<void> {
  const { journal, destination, signal } = context
  for (const item of journal.walk('tags')) {
    signal.throwIfAborted()
    if (item.pass === pass) continue
    const { destinationId, destinationMark: tagId } = item
    if ((item.state === 'moved' || item.state === 'writing') && destinationId !== undefined && tagId !== undefined) {
      await destination.pace.run(async () => await to.withdraw(destinationId, tagId))
    }
    journal.delete('tags', item.key)
  }
}

async function carryTag(run: TagsRun, tag: NamedTag): Promise<void> {
  const { context } = run
  const open = function* (): Generator<Item> {
    for (const item of itemsOf(context.journal, tag.name)) if (item.state === 'found' || item.state === 'writing') yield item
  }
  if (open().next().done === true) return
  const target = await targetOf(run, tag)
  if ('reason' in target) {
    for (const item of open()) context.journal.put('tags', { ...item, state: 'refused', ...target })
    return
  }
  const there = new Set((await filesWith(context.destination, [target.id])).map(({ fileId }) => fileId))
  await inParallel(open(), context.destination.pace.most, async (item) => await assign(run, item, { tagId: target.id, there }))
}

async function targetOf({ context, to, list }: TagsRun, tag: NamedTag): Promise<Exclude<Target, 'make'>> {
  const { destination, journal, clock } = context
  const target = targetFor(tag, await list())
  if (target !== 'make') return target
  const made = await destination.pace.run(async () => await to.make(tag.name))
  if (made.outcome !== 'made') return targetAfter(tag, made.outcome, await list())
  const { color } = tag
  const painted = color === undefined || (await destination.pace.run(async () => await to.setColor(made.id, color)))
  if (!painted) journal.note('tags', `the new host takes no colour for the tag "${tag.name}"`, clock.now())
  return { id: made.id }
}

async function assign({ context, to, tell }: TagsRun, item: Item, { tagId, there }: { readonly tagId: string; readonly there: ReadonlySet<string> }): Promise<void> {
  const { journal, destination, signal } = context
  signal.throwIfAborted()
  const fileId = await fileIdAt(destination, item.destinationKey ?? '', item.destinationId)
  if (fileId === undefined) return journal.put('tags', { ...item, state: 'refused', reason: `"${item.destinationKey ?? ''}" is not at the destination`, next: 'run the move again' })
  const placed = { ...item, destinationId: fileId, destinationMark: tagId }
  if (there.has(fileId)) return journal.put('tags', { ...placed, state: item.state === 'writing' ? 'moved' : 'there' })
  journal.put('tags', { ...placed, state: 'writing' })
  journal.put('tags', await afterAsking(placed, async () => await destination.pace.run(async () => await to.assign(fileId, tagId))))
  tell(1)
}

async function afterAsking(item: Item, ask: () => Promise<boolean>): Promise<Item> {
  try {
    // Not set when it was looked for, and set now: by an earlier attempt of this one.
    await ask()
    return { ...item, state: 'moved' }
  } catch (error) {
    const known = asChatonError(error)
    if (stops(known)) throw error
    if (isMissing(error)) return { ...item, state: 'refused', reason: `"${item.destinationKey ?? ''}" is not at the destination`, next: 'run the move again' }
    return { ...item, state: 'refused', ...reasonOf(known) }
  }
}
