/** What a move can carry, in the order in which it is carried. */
export const kindNames = ['files', 'favourites', 'tags', 'comments', 'calendars', 'contacts', 'profile', 'shares'] as const
export type KindName = (typeof kindNames)[number]

export interface Refusal {
  /** Path, calendar object, share… as the person knows it. */
  readonly what: string
  readonly reason: string
  /** What the person can do. */
  readonly next?: string
}
