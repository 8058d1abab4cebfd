import { openProfile } from '../../../nextcloud/profile/index.ts'
import type { ProfileData } from '../../../nextcloud/profile/contract.ts'
import type { Side } from '../../contract.ts'
import { entryNames } from '../layout.ts'
import type { ArchiveFile } from './writing.ts'

/** Properties of IAccountManager; `/cloud/user` has other things beside them. */
const properties = [
  'displayname', 'phone', 'address', 'website', 'email', 'twitter', 'bluesky', 'fediverse', 'organisation', 'role', 'headline', 'biography', 'birthdate', 'pronouns', 'profile_enabled',
] as const

/** As IAccountProperty is written (AccountProperty::jsonSerialize). What a new server has not verified itself is not verified. */
interface AccountProperty {
  readonly name: string
  readonly value: string
  readonly scope: string
  readonly verified: '0'
  readonly verificationData: ''
}

/** Where nobody tells who may see something, nobody else does. */
const property = (name: string, value: string, scope = 'v2-private'): AccountProperty => ({ name, value, scope, verified: '0', verificationData: '' })

/** `settings/account.json`. Pure. */
export function accountOf({ fields, scopes, otherMails }: ProfileData): Record<string, AccountProperty | AccountProperty[]> {
  const single = properties.flatMap((name) => (fields[name] === undefined ? [] : [[name, property(name, fields[name], scopes[name])] as const]))
  return { ...Object.fromEntries(single), additional_mail: otherMails.map((mail) => property('additional_mail', mail)) }
}

/** `settings.json`: e-mail, language, region and time zone. Pure. */
export function settingsOf({ fields: { email = '', language = '', locale = '', timezone = '' } }: ProfileData): Record<string, Record<string, string>> {
  const filled = (values: Readonly<Record<string, string>>): Record<string, string> => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))
  return { core: filled({ lang: language, locale, timezone }), settings: filled({ email }) }
}

const endings: Readonly<Record<string, string>> = { 'image/png': 'png', 'image/jpeg': 'jpg' }

/** Whose account it is, and its settings; with `whole` also profile, picture and status. */
export async function writeAccount({ remote, pace }: Side, archive: ArchiveFile, { whole, now }: { readonly whole: boolean; readonly now: Date }): Promise<void> {
  const client = openProfile(remote)
  const data = await pace.run(async () => await client.read())
  const json = async (name: string, value: unknown): Promise<void> => await archive.addText(name, JSON.stringify(value), now)
  await json(entryNames.user, { uid: remote.uid, displayName: data.fields['displayname'] ?? remote.uid, lastLogin: 0, enabled: true })
  await json(entryNames.settings, whole ? settingsOf(data) : {})
  await json(entryNames.versions, { core: remote.facts.version })
  if (!whole) return
  const [picture, status] = [await pace.run(async () => await client.picture()), await pace.run(async () => await client.status())]
  await json(entryNames.account, accountOf(data))
  await json(entryNames.profileConfig, {})
  const ending = picture === undefined ? undefined : endings[picture.type]
  if (picture !== undefined && ending !== undefined) await archive.addBytes(`${entryNames.avatar}${ending}`, picture.bytes, now)
  if (status !== undefined) await json(entryNames.ourStatus, status)
}
