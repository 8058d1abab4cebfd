import type { Item } from '../journal.ts'
import { markOf } from '../groupware/mark.ts'
import { valueOf, yields, type Profile, type ValueName } from './values.ts'

export interface Values {
  readonly name: ValueName
  readonly here: string | undefined
  readonly there: string | undefined
  /** As of an earlier pass. */
  readonly known: Item | undefined
}

export type Decision = 'set' | 'moved' | 'there' | 'nothing' | { readonly reason: string; readonly next?: string }

export const valueMark = (value: string): string => markOf({ value })

const lookAtBoth = 'look at both, under Settings, Personal info, and keep what is right'

const canBeEmptied = (name: ValueName): boolean => name !== 'picture' && name !== 'status'

const isOurs = (known: Item | undefined, there: string | undefined): boolean => known?.state === 'moved' && there !== undefined && known.destinationMark === valueMark(there)

/** What the person has filled in at the destination stays; what this move wrote there follows the source (a picture that is gone stays). Pure. */
export function decide({ name, here = '', there, known }: Values): Decision {
  const ours = isOurs(known, there)
  if (here === '') return ours && there !== '' && canBeEmptied(name) ? 'set' : 'nothing'
  if (there === undefined) return { reason: 'the new host has no such field' }
  if (there === here) return ours || known?.state === 'writing' ? 'moved' : 'there'
  if (ours) return known?.sourceMark === valueMark(here) ? 'moved' : 'set'
  return yields(name, there, here) ? 'set' : { reason: 'the new account has something else there, which stays', next: lookAtBoth }
}

/** Of a part that a host fails to show, where that matters: nothing is known of the old one, or the new one may be the person's own. Pure. */
export function hidden(name: ValueName, here: Profile, there: Profile): { readonly reason: string; readonly next: string } | undefined {
  const [mine, theirs] = [here.unread.get(name), there.unread.get(name)]
  if (mine !== undefined) return { reason: `the old host fails to show it: ${mine}`, next: 'tell the old host and run the move again, or set it yourself at the new host' }
  if (theirs === undefined || (valueOf(here, name) ?? '') === '') return undefined
  return { reason: `the new host fails to show what is there: ${theirs}`, next: 'tell the new host and run the move again, or set it there yourself' }
}

/** Fields with an address that servers write to. Pure. */
export function mailsLeft(here: { readonly email: string; readonly others: readonly string[] }, there: { readonly email: string; readonly others: readonly string[] }): string[] {
  const known = new Set([there.email, ...there.others].map((address) => address.toLowerCase()))
  return [here.email, ...here.others].filter((address) => address !== '' && !known.has(address.toLowerCase()))
}

/** Who is to see a field that this move fills in: those who saw it at the source, but for the whole world. Undefined: as it is. Pure. */
export function scopeFor(here: string | undefined, there: string | undefined): string | undefined | { readonly reason: string; readonly next: string } {
  if (here === undefined || there === undefined || here === there) return undefined
  if (here === 'v2-published') return { reason: 'it was published in the global address book of the old host; the new account shows it as its host does', next: 'publish it again under Settings, Personal info, if you want that' }
  return here
}
