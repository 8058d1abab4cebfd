import type { KindName } from '../kinds.ts'

/** Entries of a `.nextcloud_export` archive: what the app `user_migration` and the migrators of the server read (see docs/how-to/account-archives.md). */
export const entryNames = {
  user: 'user.json',
  settings: 'settings.json',
  versions: 'versions.json',
  migrators: 'migrator_versions.json',
  files: 'files/files/',
  fileVersions: 'files/files_versions/',
  tags: 'files/tags.json',
  systemTags: 'files/systemtags.json',
  comments: 'files/comments.json',
  trash: 'files_trashbin/',
  account: 'settings/account.json',
  profileConfig: 'settings/config.json',
  avatar: 'settings/avatar.',
  calendars: 'dav/calendars/',
  calendarList: 'dav/calendars/calendars.json',
  subscriptionList: 'dav/calendars/subscriptions.json',
  addressBooks: 'dav/address_books/',
  /** Ours: what the others have no place for. */
  manifest: 'chaton/manifest.jsonl',
  ourCalendars: 'chaton/calendars.json',
  ourAddressBooks: 'chaton/contacts.json',
  ourStatus: 'chaton/status.json',
} as const

/** Versions of the migrators whose shapes we write: the first of each, which every release reads. A migrator without one takes in nothing. Pure. */
export function migratorVersions(kinds: readonly KindName[]): Record<string, 1> {
  const migrators = [['files', 'files'], ['profile', 'account'], ['calendars', 'calendar'], ['contacts', 'contacts']] as const
  return { usermigrationservice: 1, ...Object.fromEntries(migrators.flatMap(([kind, migrator]) => (kinds.includes(kind) ? [[migrator, 1 as const]] : []))) }
}

/** As OCP\ITags names it in tags.json. */
export const favouriteTag = '_$!<Favorite>!$_'

/** Ending that the app gives to an archive in an account. */
export const archiveEnding = '.nextcloud_export'

/** How the migrators make a file name of the uri of a calendar or address book (CalendarMigrator, ContactsMigrator); ours for one that leaves nothing. Pure. */
export function shelfFileName(uri: string, taken: ReadonlySet<string>): string {
  const clean = uri.replaceAll(/[^a-z0-9-_]/gi, '') || 'unnamed'
  for (let turn = 1; ; turn++) {
    const name = turn === 1 ? clean : `${clean}-${turn}`
    if (!taken.has(name)) return name
  }
}
