import { formatSize } from '../../kit/bytes.ts'
import { mask } from '../../kit/mask.ts'
import type { MoveEvent, Stage } from '../../move/events.ts'
import type { KindName } from '../../move/kinds.ts'
import { rateOf, type KindView, type MoveView } from '../../move/view.ts'

export const kindWords: Readonly<Record<KindName, string>> = {
  files: 'files and folders',
  versions: 'old versions',
  trash: 'trash',
  favourites: 'favourites',
  tags: 'tags',
  comments: 'comments',
  albums: 'photo albums',
  calendars: 'calendars and tasks',
  contacts: 'contacts',
  profile: 'profile and settings',
  shares: 'shares',
}

const stageWords: Readonly<Record<Stage, string>> = {
  'sign-in': 'Signing in',
  inventory: 'Looking at what there is',
  copy: 'Copying',
  again: 'Copying what has changed meanwhile',
  check: 'Comparing both sides',
  report: 'Writing the report',
  'sign-out': 'Signing out',
}

export const stageLine = ({ stage, pass }: Pick<MoveView, 'stage' | 'pass'>): string =>
  stage === undefined ? '' : `${stageWords[stage]}${stage === 'again' ? ` (pass ${pass})` : ''}`

const number = new Intl.NumberFormat('en')

/** `1,203 of 5,000, 1.2 GB of 4.2 GB`. Pure. */
export function amountWords({ done, total, doneBytes, totalBytes }: Pick<KindView, 'done' | 'total' | 'doneBytes' | 'totalBytes'>): string {
  const items = total > 0 ? `${number.format(done)} of ${number.format(total)}` : number.format(done)
  if (doneBytes === undefined || totalBytes === undefined || totalBytes === 0) return items
  return `${items}, ${formatSize(doneBytes)} of ${formatSize(totalBytes)}`
}

/** `12 MB/s, 4 min left`, or nothing while there is nothing to say. Pure. */
export function rateWords(view: MoveView): string {
  const rate = rateOf(view)
  if (rate === undefined) return ''
  const speed = rate.bytesPerSecond >= 1000 ? `${formatSize(Math.round(rate.bytesPerSecond))}/s` : `${number.format(Math.round(rate.perSecond))}/s`
  return rate.secondsLeft === undefined || rate.secondsLeft === 0 ? speed : `${speed}, ${durationWords(rate.secondsLeft)} left`
}

/** `45 s`, `4 min`, `2 h 5 min`. Pure. */
export function durationWords(seconds: number): string {
  if (seconds < 90) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 90) return `${minutes} min`
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** A line for people for an event that stands for itself; undefined for those of which there are many. Pure. */
export function eventLine(event: MoveEvent): string | undefined {
  switch (event.event) {
    case 'stage':
      return stageLine({ stage: event.stage, pass: event.pass ?? 0 })
    case 'signed-in':
      return `✓ signed in at ${event.address} as ${event.account}`
    case 'kind':
      if (event.state === 'started') return undefined
      return event.state === 'done' ? `✓ ${kindWords[event.kind]}` : `✗ ${kindWords[event.kind]}: ${event.message ?? ''}`
    case 'wait':
      return `… ${event.side}: ${event.reason}; waiting ${durationWords(Math.ceil(event.milliseconds / 1000))}`
    case 'sign-in':
    case 'progress':
    default:
      return undefined
  }
}

/** Where a person has to open an address. Pure. */
export function signInLines({ side, address, login }: Extract<MoveEvent, { event: 'sign-in' }>, opened: boolean): string[] {
  const which = side === 'source' ? 'old' : 'new'
  return [
    `Sign in to your ${which} account at ${address}, and agree:`,
    `  ${login}`,
    opened ? '  (opened in your browser)' : '  Open this address in a browser, on this computer or on your phone.',
  ]
}

/** `files and folders: 1,203 of 5,000, 1.2 GB of 4.2 GB, 12 MB/s, 4 min left (many small files at once)`. Pure. */
export function progressLine(view: MoveView): string | undefined {
  const kind = view.kinds.find((one) => one.kind === view.working)
  if (kind === undefined) return undefined
  const words = [amountWords(kind), rateWords(view)].filter((word) => word !== '').join(', ')
  return mask(`  ${kindWords[kind.kind]}: ${words}${kind.note === undefined ? '' : ` (${kind.note})`}`)
}
