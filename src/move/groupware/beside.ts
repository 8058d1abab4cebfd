import type { Refusal } from '../kinds.ts'
import type { Left } from './realm.ts'

/** Something that is no collection, beside those in the journal: names of collections have no slash. */
export const leftBeside = (what: 'hours' | 'link' | 'sharing', uri: string, refusal: Refusal): Left => ({ uri: `/${what}/${uri}`, refusal })

/** That others see a calendar or address book which itself is carried. Pure. */
export function sharingLeft(uri: string, title: string, sharedWith: readonly string[] = []): Left[] {
  if (sharedWith.length === 0) return []
  return [leftBeside('sharing', uri, { what: title, reason: `shared with ${sharedWith.join(', ')}: sharing does not move with calendars and address books`, next: 'share it again by hand at the new host' })]
}
