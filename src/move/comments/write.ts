import { asChatonError } from '../../kit/errors.ts'
import type { FileComment, RemoteComments } from '../../nextcloud/comments/contract.ts'
import { fileIdAt } from '../carried.ts'
import type { MoveContext } from '../contract.ts'
import { isMissing, reasonOf, stops } from '../files/trouble.ts'
import type { Item } from '../journal.ts'
import { changed, factsOf, isOpen, type Written } from './items.ts'

/** All comments of one file, in the order in which they were written. */
export interface Thread {
  readonly context: MoveContext
  readonly to: RemoteComments
  readonly items: readonly Item[]
}

/** Looks first at what is there: after a kill, or a move before this one, nothing is written twice. */
export async function carryThread(thread: Thread): Promise<void> {
  const { context, to, items } = thread
  const { destination, journal } = context
  const first = items[0]
  const fileId = await fileIdAt(destination, first?.destinationKey ?? '', first?.destinationId)
  try {
    if (fileId === undefined) return refuseAll(thread, notThere(first))
    const there = await destination.pace.run(async () => await to.on(fileId))
    const ours = new Map(there.filter((comment) => isBy(comment, destination.remote.uid)).map((comment) => [comment.id, comment]))
    for (const item of items) for (const { id } of factsOf(item).written) ours.delete(id)
    const place = { fileId, ours, seen: new Set(there.map(({ id }) => id)) }
    for (const item of items.filter(isOpen)) {
      context.signal.throwIfAborted()
      const tidied = await takeAway(thread, item, place)
      if (tidied !== undefined) await write(thread, tidied, place)
    }
  } catch (error) {
    const known = asChatonError(error)
    if (stops(known)) throw error
    journal.note('comments', known.message, context.clock.now())
    refuseAll(thread, isMissing(error) ? { reason: 'the new host takes no comments on this file', next: 'run the move again; if it stays, ask the new host' } : reasonOf(known))
  }
}

interface There {
  readonly fileId: string
  /** Written by the account at the destination, and by no other item of the file. */
  readonly ours: Map<string, FileComment>
  /** Numbers of all that are known at the destination. */
  readonly seen: Set<string>
}

/** What this move wrote for an earlier text, or for a comment that is gone; left where somebody has changed it since. */
async function takeAway({ context, to }: Thread, item: Item, { fileId, ours }: There): Promise<Item | undefined> {
  const { destination, journal } = context
  for (const { id, text } of factsOf(item).old) {
    if (ours.get(id)?.message.trim() === text) await destination.pace.run(async () => await to.remove(fileId, id))
    ours.delete(id)
  }
  if (item.state === 'gone') {
    journal.delete('comments', item.key)
    return undefined
  }
  const tidied = changed(item, { destinationId: fileId }, { old: [] })
  if (factsOf(item).old.length > 0) journal.put('comments', tidied)
  return tidied
}

async function write({ context, to }: Thread, item: Item, { fileId, ours, seen }: There): Promise<void> {
  const { journal } = context
  const begun = item.state === 'writing'
  let now = changed(item, { state: 'writing' })
  let posted = begun
  for (const text of factsOf(item).texts.slice(factsOf(item).written.length)) {
    const met = [...ours.values()].find(({ message }) => message.trim() === text)
    if (met === undefined) journal.put('comments', now)
    const id = met?.id ?? (await post({ context, to }, { fileId, text, known: seen }))
    seen.add(id)
    posted ||= met === undefined
    ours.delete(id)
    now = changed(now, {}, { written: [...factsOf(now).written, { id, text } satisfies Written] })
  }
  // What was there before is not ours to take away.
  journal.put('comments', posted ? changed(now, { state: 'moved' }) : changed(now, { state: 'there' }, { written: [] }))
}

/** An attempt without an answer may have written it: the next one looks. */
async function post({ context, to }: Pick<Thread, 'context' | 'to'>, { fileId, text, known }: { readonly fileId: string; readonly text: string; readonly known: ReadonlySet<string> }): Promise<string> {
  const { pace, remote } = context.destination
  let attempts = 0
  return await pace.run(async () => {
    attempts += 1
    const there = attempts === 1 ? [] : await to.on(fileId)
    const met = there.find((comment) => isBy(comment, remote.uid) && !known.has(comment.id) && comment.message.trim() === text)
    return met?.id ?? (await to.add(fileId, text))
  })
}

const isBy = ({ actorType, actorId }: FileComment, uid: string): boolean => actorType === 'users' && actorId === uid

function refuseAll({ context, items }: Thread, { reason, next }: { readonly reason: string; readonly next: string }): void {
  for (const item of items.filter(isOpen)) {
    if (item.state === 'gone') context.journal.delete('comments', item.key)
    else context.journal.put('comments', changed(item, { state: 'refused', reason, next }))
  }
}

const notThere = (item: Item | undefined) => ({ reason: `"${item?.destinationKey ?? ''}" is not at the destination`, next: 'run the move again' })
