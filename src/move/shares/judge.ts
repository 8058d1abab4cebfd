import type { NewShare, Share, Sharee, SharingAbilities } from '../../nextcloud/sharing/contract.ts'
import { partsOf } from './terms.ts'

/** Why a share is not made anew, and what the person can do. */
export interface Left {
  readonly reason: string
  readonly next: string
}

/** Whom the new share is with. */
export type Target = Pick<NewShare, 'type' | 'with'>

export const protectedLink = 'a link protected by a password, which cannot be read: no link was made, so that nothing is open without one'

const byHand = 'share it again by hand at the new host'
const who = ({ with: { id, name } }: Share): string => (name === '' || name === id ? id : `${name} (${id})`)

const bound: Readonly<Partial<Record<Share['type'], Left>>> = {
  room: { reason: 'shared in a conversation, which stays at the old host', next: 'share it again in a conversation at the new host' },
  team: { reason: 'shared with a team, which stays at the old host', next: 'make the team at the new host and share it there' },
  deck: { reason: 'attached to a card of Deck, which stays at the old host', next: 'attach it again at the new host' },
  'federated-group': { reason: 'shared with a group of another server', next: byHand },
  other: { reason: 'shared in a way that this program does not know', next: byHand },
}

/** What no destination can take, by what the source alone tells. `today`: `YYYY-MM-DD`. Pure. */
export function staysBehind(share: Share, { uid, today }: { readonly uid: string; readonly today: string }): Left | undefined {
  if (share.owner.id !== uid) {
    return { reason: `it belongs to ${share.owner.name}, and you shared it on with ${share.type === 'link' ? 'a link' : who(share)}`, next: `ask ${share.owner.name} to share it with the same people` }
  }
  const kind = bound[share.type]
  if (kind !== undefined) return kind
  if (share.expires !== undefined && share.expires <= today) return { reason: `shared until ${share.expires}, which is over`, next: byHand }
  if (!share.protected) return undefined
  const next = 'share it again at the new host with a password of your choice, and give both to the people who use it'
  return share.type === 'mail' ? { reason: `sent as a link to ${share.with.id}, protected by a password, which cannot be read: no link was made`, next } : { reason: protectedLink, next }
}

/** What the destination knows of those that a share is with. */
export interface Known {
  /** Account of the same id at the destination. */
  readonly person: Sharee | undefined
  /** Groups that the person is in, at the destination. */
  readonly groups: readonly string[]
  /** Id there of somebody who moves along: certainly the same person. */
  readonly mapped?: string | undefined
}

export interface Sides {
  readonly source: { readonly base: string; readonly abilities: SharingAbilities }
  readonly destination: { readonly base: string; readonly uid: string; readonly abilities: SharingAbilities }
}

/** Id for which `Known.person` is to be asked at the destination; undefined where nobody is. Pure. */
export function askedPerson(share: Share, { destination }: Sides): string | undefined {
  if (share.type === 'user') return share.with.id
  if (share.type !== 'federated') return undefined
  const { user, host } = partsOf(share.with.id)
  return host === hostOf(destination.base) ? user : undefined
}

/** With whom a share is made anew. Never with somebody who only may be the same person. Pure. */
export function targetOf(share: Share, sides: Sides, known: Known): Target | Left {
  const { abilities } = sides.destination
  const { type } = share
  if (isOneself(share, sides, known)) return oneself
  if (type === 'link') return needsPassword(abilities) ?? { type, with: '' }
  if (type === 'mail') return needsPassword(abilities) ?? (abilities.silent ? { type, with: share.with.id } : loud(share))
  if (type === 'group') return groupOf(share, known, abilities)
  return type === 'federated' ? federatedOf(share, sides, known) : personOf(share, sides, known)
}

const oneself: Left = { reason: 'shared with your new account, where the file itself is now', next: 'remove the old share in the new account, if it is still shown there' }

/** The account that one moves to: on the same server that of its id, elsewhere the one that is certainly the same person's. */
function isOneself({ type, with: { id, ...named } }: Share, sides: Sides, { person }: Known): boolean {
  const { uid, base } = sides.destination
  if (type === 'federated') return partsOf(id).user === uid && partsOf(id).host === hostOf(base)
  if (type !== 'user') return false
  if (isOneServer(sides)) return id === uid
  return person?.id === uid && isSamePerson({ id, ...named }, person)
}

const isOneServer = ({ source, destination }: Sides): boolean => hostOf(source.base) === hostOf(destination.base)

function needsPassword({ links, passwordEnforced }: SharingAbilities): Left | undefined {
  if (!links) return { reason: 'the new host allows no public links', next: 'share it there with the people themselves' }
  if (passwordEnforced) return { reason: 'the new host wants a password on every link', next: 'make the link there with a password of your choice, and give both to the people who use it' }
  return undefined
}

function loud(share: Share): Left {
  return { reason: `shared with ${who(share)}: Nextcloud before 30 sends them a mail each time, so it was not made`, next: `${byHand} if they may get that mail` }
}

/** A group of the same name may be one of strangers: only one that the person is in. */
function groupOf(share: Share, { groups }: Known, abilities: SharingAbilities): Target | Left {
  if (!abilities.groups) return { reason: `shared with the group ${who(share)}: the new host allows no sharing with groups`, next: 'share it there with the people themselves' }
  if (groups.includes(share.with.id)) return { type: 'group', with: share.with.id }
  return { reason: `shared with the group ${who(share)}: you are in no group of that name at the new host`, next: 'share it there with the people themselves, or with the group when you are in it' }
}

function personOf(share: Share, sides: Sides, { person, mapped }: Known): Target | Left {
  const { source, destination } = sides
  const certain = mapped ?? (isOneServer(sides) ? share.with.id : undefined)
  if (certain !== undefined) return destination.abilities.silent ? { type: 'user', with: certain } : loud(share)
  if (person === undefined) {
    if (!destination.abilities.federation.outgoing || !source.abilities.federation.incoming) {
      return { reason: `shared with ${who(share)}, who has no account at the new host that you may see, and the two hosts do not share with each other`, next: `${byHand} when they have one` }
    }
    return { type: 'federated', with: `${share.with.id}@${cloudHost(source.base)}` }
  }
  if (!isSamePerson(share.with, person)) {
    return { reason: `shared with ${who(share)}: the new host has an account of that name, which may be somebody else's`, next: 'share it by hand if it is the same person' }
  }
  return destination.abilities.silent ? { type: 'user', with: person.id } : loud(share)
}

function federatedOf(share: Share, sides: Sides, { person }: Known): Target | Left {
  const { destination } = sides
  const { user, host } = partsOf(share.with.id)
  if (host === hostOf(destination.base)) {
    if (person === undefined) return { reason: `shared with ${who(share)}, whom the new host does not let you see`, next: byHand }
    return destination.abilities.silent ? { type: 'user', with: user } : loud(share)
  }
  if (!destination.abilities.federation.outgoing) return { reason: `shared with ${who(share)} on another server, with which the new host does not share`, next: 'send them a public link instead' }
  return { type: 'federated', with: share.with.id }
}

/** The same id alone says nothing: the address has to agree; where one of the two has none, a name that is more than the id. Pure. */
export function isSamePerson(one: Sharee, other: Sharee): boolean {
  if (one.email !== undefined && other.email !== undefined) return one.email.toLowerCase() === other.email.toLowerCase()
  return one.name === other.name && one.name.toLowerCase() !== one.id.toLowerCase()
}

const hostOf = (base: string): string => partsOf(`x@${base}`).host

/** Without the protocol where that is the usual one. */
const cloudHost = (base: string): string => base.replace(/^https:\/\//, '')
