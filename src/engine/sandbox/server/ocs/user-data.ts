import { groupsOf, type AccountRow } from '../../space/accounts.ts'
import type { Room } from '../room.ts'

const profileFields = ['phone', 'address', 'website', 'twitter', 'bluesky', 'fediverse', 'organisation', 'role', 'headline', 'biography']

/** An account as the provisioning API tells it. */
export function userData(room: Room, account: AccountRow): Record<string, unknown> {
  const used = room.database.get<{ size: number }>("SELECT size FROM nodes WHERE parent = 0 AND uid = ? AND name = 'files'", account.uid)?.size ?? 0
  const free = room.available(account.uid)
  const total = account.quota ?? free + used
  return {
    enabled: account.enabled === 1,
    storageLocation: `/data/${account.uid}`,
    id: account.uid,
    firstLoginTimestamp: account.first_login,
    lastLoginTimestamp: account.last_login,
    lastLogin: account.last_login * 1000,
    backend: 'Database',
    subadmin: [],
    quota: { free, used, total, relative: total === 0 ? 0 : Math.round((used / total) * 10_000) / 100, quota: account.quota ?? -3 },
    manager: '',
    email: account.email,
    additional_mail: [],
    displayname: account.display_name,
    'display-name': account.display_name,
    ...Object.fromEntries(profileFields.map((field) => [field, ''])),
    profile_enabled: '1',
    pronouns: '',
    groups: groupsOf(room.database, account.uid),
    language: account.language,
    locale: '',
    timezone: '',
    notify_email: null,
    backendCapabilities: { setDisplayName: true, setPassword: true },
  }
}
