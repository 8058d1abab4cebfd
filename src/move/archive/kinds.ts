/** What an archive is read for, and written with, in this order. */
export const archivedKinds = ['files', 'favourites', 'tags', 'comments', 'calendars', 'contacts', 'profile'] as const
export type ArchivedKind = (typeof archivedKinds)[number]
