/** What a move can carry, in the order in which it is carried. */
export const kindNames = ['files', 'versions', 'trash', 'favourites', 'tags', 'comments', 'albums', 'calendars', 'contacts', 'profile', 'shares'] as const
export type KindName = (typeof kindNames)[number]

/** Carried only where asked for: they cost a request and more for each item. */
export const optionalKinds: readonly KindName[] = ['versions', 'trash']

export interface Refusal {
  /** Path, calendar object, share… as the person knows it. */
  readonly what: string
  readonly reason: string
  /** What the person can do. */
  readonly next?: string
}
