import type { NewLink } from '../contract.ts'
import type { Item, MoveJournal } from '../journal.ts'
import type { Refusal } from '../kinds.ts'
import type { Share } from '../../nextcloud/sharing/contract.ts'

/** `extra` of a journal item of the kind `shares`; its key is the id at the source. */
export interface ShareFacts {
  readonly path: string
  readonly type: Share['type']
  /** Whom it is with, at the source. */
  readonly with: string
  /** URL at the source, and at the destination. */
  readonly old?: string
  readonly url?: string
  /** Name of a new link until all is set on it: by this it is found again after a kill. */
  readonly sign?: string
}

export const factsOf = (item: Item): ShareFacts => item.extra as unknown as ShareFacts

export function newItem(share: Share, pass: number): Item {
  const facts: ShareFacts = { path: share.path, type: share.type, with: share.with.id, ...(share.url === undefined ? {} : { old: share.url }) }
  return {
    key: share.id, state: 'found', sourceId: share.id, sourceMark: '', destinationKey: undefined, destinationId: undefined, destinationMark: undefined,
    bytes: 0, extra: { ...facts }, reason: undefined, next: undefined, pass,
  }
}

/** A copy with some fields changed; facts given as undefined are forgotten. */
export function changed(item: Item, fields: Partial<Omit<Item, 'extra'>>, facts: { readonly [Name in keyof ShareFacts]?: ShareFacts[Name] | undefined } = {}): Item {
  const extra = Object.fromEntries(Object.entries({ ...item.extra, ...facts }).filter(([, value]) => value !== undefined))
  return { ...item, reason: undefined, next: undefined, ...fields, extra }
}

export const refusalsIn = (journal: MoveJournal): Refusal[] =>
  [...journal.walk('shares', 'refused')].map((item) => ({ what: factsOf(item).path, reason: item.reason ?? '', ...(item.next === undefined ? {} : { next: item.next }) }))

/** Links that are there now, for the people who use them. */
export function linksIn(journal: MoveJournal): NewLink[] {
  return [...journal.walk('shares', 'moved')].flatMap((item) => {
    const { path, old, url, type, with: recipient } = factsOf(item)
    return url === undefined ? [] : [{ path, old: old ?? '', new: url, ...(type === 'mail' ? { for: recipient } : {}) }]
  })
}
