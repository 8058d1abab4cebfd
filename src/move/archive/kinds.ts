import type { KindName } from '../kinds.ts'

/** What an archive is read for, and written with. */
export const archivedKinds: readonly KindName[] = ['files', 'favourites', 'calendars', 'contacts']
