import type { SignedIn } from '../../exchange.ts'
import { DavError, forbidden } from '../../reply.ts'
import { collectionsOf, type Kind } from './store.ts'

interface Limit {
  readonly most: number
  readonly full: string
  readonly often: string
}

const limits: Readonly<Record<Kind, Limit>> = {
  calendar: { most: 30, full: 'Calendar limit reached', often: 'Too many calendars created' },
  addressbook: { most: 10, full: 'AddressBook limit reached', often: 'Too many addressbooks created' },
}
const mostNew = 10
const periodSeconds = 3600

/** When each account made its last ones. */
const made = new Map<string, number[]>()

/** Nextcloud's own: so many of an account, so many new ones an hour (RateLimitingPlugin, CardDavRateLimitingPlugin). Throws 429 or 403. */
export function checkLimits({ room, account }: SignedIn, kind: Kind): void {
  const key = `${kind} ${account.uid}`
  const recent = (made.get(key) ?? []).filter((at) => at > room.now() - periodSeconds)
  if (recent.length >= mostNew) throw new DavError(429, 'OCA\\DAV\\Connector\\Sabre\\Exception\\TooManyRequests', limits[kind].often)
  made.set(key, [...recent, room.now()])
  if (collectionsOf(room.database, account.uid, kind).length >= limits[kind].most) throw forbidden(limits[kind].full)
}
