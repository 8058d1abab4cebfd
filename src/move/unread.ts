import { ChatonError } from '../kit/errors.ts'
import type { Kind, MoveContext } from './contract.ts'
import { shelvesIn } from './groupware/items.ts'
import type { Refusal } from './kinds.ts'

/** The kind of calendars or address books; those of the source that nobody can read are told by name, and hold up no others. */
export function tellingUnread(kind: Kind): Kind {
  return {
    name: kind.name,
    async inventory(context) {
      const unread = await unreadIn(context, kind)
      const found = await kind.inventory(context)
      return { ...found, left: [...found.left, ...unread] }
    },
    async run(context) {
      const unread = await unreadIn(context, kind)
      const tally = await kind.run(context)
      return { ...tally, refused: [...tally.refused, ...unread] }
    },
    async verify(context) {
      await unreadIn(context, kind)
      return await kind.verify(context)
    },
  }
}

/** Throws where something can no longer be read of which this move may have carried a part: it is not gone from the source, and must not go from the destination. */
async function unreadIn({ source, journal }: MoveContext, { name }: Kind): Promise<Refusal[]> {
  const unread = (await source.instead?.unread(name)) ?? []
  const known = new Set(journal.fact(`${name}.unread`)?.split('\n'))
  const fresh = unread.find(({ entry }) => !known.has(JSON.stringify(entry)))
  if (fresh !== undefined && shelvesIn(journal, name).some(({ destinationKey }) => destinationKey !== undefined)) {
    throw new ChatonError('bad-input', fresh.refusal.reason, fresh.refusal.next === undefined ? {} : { next: [fresh.refusal.next] })
  }
  if (fresh !== undefined) journal.setFact(`${name}.unread`, unread.map(({ entry }) => JSON.stringify(entry)).join('\n'))
  return unread.map(({ refusal }) => refusal)
}
