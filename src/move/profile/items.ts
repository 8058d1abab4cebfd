import type { Item, ItemState, MoveJournal } from '../journal.ts'
import type { Refusal } from '../kinds.ts'

/** For people; report/reasons-fr.ts knows them in French. */
const titles: Readonly<Record<string, string>> = {
  displayname: 'Profile: name',
  phone: 'Profile: phone',
  address: 'Profile: address',
  website: 'Profile: website',
  twitter: 'Profile: X (Twitter)',
  bluesky: 'Profile: Bluesky',
  fediverse: 'Profile: Fediverse',
  organisation: 'Profile: organisation',
  role: 'Profile: role',
  headline: 'Profile: headline',
  biography: 'Profile: about',
  pronouns: 'Profile: pronouns',
  profile_enabled: 'Profile: whether others see it',
  language: 'Settings: language',
  locale: 'Settings: dates and numbers',
  timezone: 'Settings: time zone',
  picture: 'Profile: picture',
  status: 'Profile: status message',
}

/** `phoneScope`: who sees the phone. */
export const scopeKey = (name: string): string => `${name}Scope`

export function titleOf(key: string): string {
  const name = key.replace(/Scope$/, '')
  const title = titles[name] ?? key
  return key === name ? title : title.replace('Profile:', 'Visibility:')
}

export const knownTitles: readonly string[] = Object.keys(titles).flatMap((name) => [titleOf(name), titleOf(scopeKey(name))])

interface Outcome {
  readonly state: ItemState
  readonly sourceMark: string
  readonly destinationMark?: string
  readonly reason?: string
  readonly next?: string | undefined
}

export const itemOf = (key: string, pass: number, outcome: Outcome): Item => ({
  key,
  state: outcome.state,
  sourceId: '',
  sourceMark: outcome.sourceMark,
  destinationKey: undefined,
  destinationId: undefined,
  destinationMark: outcome.destinationMark,
  bytes: 0,
  extra: {},
  reason: outcome.reason,
  next: outcome.next,
  pass,
})

export function refusalsOf(journal: MoveJournal): Refusal[] {
  return [...journal.walk('profile', 'refused')].map(({ key, reason, next }) => ({ what: key.startsWith('mail ') ? key.slice('mail '.length) : titleOf(key), reason: reason ?? '', ...(next === undefined ? {} : { next }) }))
}
