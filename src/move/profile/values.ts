import { createHash } from 'node:crypto'
import { asChatonError } from '../../kit/errors.ts'
import { openProfile } from '../../nextcloud/profile/index.ts'
import type { Picture, ProfileData, StatusMessage } from '../../nextcloud/profile/contract.ts'
import type { Side } from '../contract.ts'
import { stops } from '../files/trouble.ts'

/** Fields that the account may set itself, in the order in which people know them; then settings. */
export const fieldNames = [
  'displayname', 'phone', 'address', 'website', 'twitter', 'bluesky', 'fediverse', 'organisation', 'role', 'headline', 'biography', 'pronouns',
  'profile_enabled', 'language', 'locale', 'timezone',
] as const
type FieldName = (typeof fieldNames)[number]
export type ValueName = FieldName | 'picture' | 'status'
export const valueNames: readonly ValueName[] = [...fieldNames, 'picture', 'status']

/** One side as it is now. */
export interface Profile {
  readonly data: ProfileData
  readonly picture: Picture | undefined
  readonly status: StatusMessage | undefined
  /** The account's id, which servers show for a name where it has none. */
  readonly uid: string
  /** Of picture and status message, those that the server fails to show, with what it said. */
  readonly unread: ReadonlyMap<ValueName, string>
}

/** Picture and status message are of apps of their own: where one fails, the rest is read. */
export async function readProfile({ remote, pace, instead }: Side): Promise<Profile> {
  const profile = instead?.profile ?? openProfile(remote)
  const unread = new Map<ValueName, string>()
  const part = async <T>(name: ValueName, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await pace.run(read)
    } catch (thrown) {
      const error = asChatonError(thrown)
      if (stops(error)) throw thrown
      unread.set(name, error.message)
      return undefined
    }
  }
  return {
    data: await pace.run(async () => await profile.read()),
    picture: await part('picture', async () => await profile.picture()),
    status: await part('status', async () => await profile.status()),
    uid: remote.uid,
    unread,
  }
}

/** Empty: nothing filled in. Undefined: the server has no such field. Pure. */
export function valueOf({ data, picture, status, uid }: Profile, name: ValueName): string | undefined {
  if (name === 'picture') return picture === undefined ? '' : createHash('sha256').update(picture.bytes).digest('hex')
  if (name === 'status') return status === undefined ? '' : JSON.stringify([status.message, status.icon, status.predefined])
  const value = data.fields[name]
  return name === 'displayname' && value === uid ? '' : value
}

/** Of a setting that a server fills in itself: it may be replaced by this one, which shows less. Pure. */
export const yields = (name: ValueName, there: string, here: string): boolean => there === '' || (name === 'profile_enabled' && there === '1' && here === '0')
