import type { MakeTagOutcome, SystemTag } from '../../nextcloud/tags/contract.ts'

type WantedTag = Pick<SystemTag, 'name' | 'canAssign'>

interface Refused {
  readonly reason: string
  readonly next: string
}

/** The tag of the destination that stands for one of the source, by its id. */
export type Target = { readonly id: string } | 'make' | Refused

/** A tag of this name that may be put on files; else one is made where it is one for everybody at the source. Pure. */
export function targetFor(tag: WantedTag, there: readonly SystemTag[]): Target {
  const named = there.filter(({ name }) => name === tag.name)
  const usable = named.find(({ canAssign }) => canAssign)
  if (usable !== undefined) return { id: usable.id }
  if (named.length > 0) return notAssignable(tag.name)
  return tag.canAssign ? 'make' : { reason: 'only administrators put this tag on files at the old host, and the new host has none of this name', next: `ask the new host whether it has a tag like "${tag.name}"` }
}

/** Where none could be made. Servers since 32 tell names apart by more than capitals. Pure. */
export function targetAfter(tag: WantedTag, outcome: Exclude<MakeTagOutcome['outcome'], 'made'>, there: readonly SystemTag[]): Exclude<Target, 'make'> {
  if (outcome === 'forbidden') return { reason: 'the new host has no tag of this name, and lets only administrators make one', next: `ask the new host to make the tag "${tag.name}", then run the move again` }
  const alike = there.find(({ name, canAssign }) => canAssign && name.toLowerCase() === tag.name.toLowerCase())
  return alike === undefined ? notAssignable(tag.name) : { id: alike.id }
}

const notAssignable = (name: string): Refused => ({ reason: 'the new host lets only its administrators put this tag on files', next: `ask the new host to put the tag "${name}" on them, or use another` })
