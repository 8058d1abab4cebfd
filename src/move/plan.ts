import { z } from 'zod'
import { formatSize } from '../kit/bytes.ts'
import { Refusal } from './facts.ts'
import { kindNames, optionalKinds, type KindName } from './kinds.ts'

export const PlanSide = z.object({ address: z.string(), account: z.string(), displayName: z.string().exactOptional(), version: z.string() })
export type PlanSide = z.infer<typeof PlanSide>

export const PlannedKind = z.object({
  name: z.enum(kindNames),
  count: z.int(),
  bytes: z.number().exactOptional(),
  /** What it costs, where it costs much more than its bytes. */
  requests: z.int().exactOptional(),
  /** Why this kind cannot be carried at all. */
  problem: z.string().exactOptional(),
})
export type PlannedKind = z.infer<typeof PlannedKind>

/** `next`: what the person can do. `blocks`: the move is not begun like this. */
export const PlanRemark = z.object({ code: z.enum(['too-small', 'tight', 'old-source', 'old-destination', 'sandbox']), blocks: z.boolean(), message: z.string(), next: z.array(z.string()) })
export type PlanRemark = z.infer<typeof PlanRemark>

/** What a move would do, told before anything is written. */
export const MovePlan = z.object({
  source: PlanSide,
  destination: PlanSide,
  kinds: z.array(PlannedKind),
  /** Kinds that the person leaves out. */
  without: z.array(z.enum(kindNames)),
  /** Known beforehand not to be carried, by kind. */
  left: z.array(Refusal.extend({ kind: z.enum(kindNames) })),
  /** Data of apps that nothing here carries. */
  notCarried: z.array(Refusal.extend({ app: z.string() })),
  /** Bytes still to be written at the destination. */
  neededBytes: z.number(),
  /** Bytes that are free there; absent where no limit is known. */
  freeBytes: z.number().exactOptional(),
  remarks: z.array(PlanRemark),
  /** A rough guess: the slower of the two links is not known. */
  guessSeconds: z.number(),
})
export type MovePlan = z.infer<typeof MovePlan>

export interface PlanInput {
  readonly source: PlanSide
  readonly destination: PlanSide
  readonly kinds: readonly (PlannedKind & { readonly left: readonly Refusal[] })[]
  readonly without: readonly KindName[]
  readonly notCarried: MovePlan['notCarried']
  /** Of an earlier part of this move. */
  readonly carriedBytes: number
  readonly freeBytes: number | undefined
  /** Folders at the top of the source with their bytes: what could be left out. */
  readonly folders: readonly { readonly name: string; readonly bytes: number }[]
  readonly manner: 'gentle' | 'polite' | 'fast'
}

/** From facts to the plan, with its reasons. Pure. */
export function makePlan(input: PlanInput): MovePlan {
  const { source, destination, without, notCarried, freeBytes } = input
  const kinds = input.kinds.map(({ left: _left, ...kind }) => kind)
  const left = input.kinds.flatMap((kind) => kind.left.map((refusal) => ({ kind: kind.name, ...refusal })))
  const bytes = kinds.reduce((sum, kind) => sum + (kind.bytes ?? 0), 0)
  const neededBytes = Math.max(0, bytes - input.carriedBytes)
  return {
    source,
    destination,
    kinds,
    without: [...without],
    left,
    notCarried: [...notCarried],
    neededBytes,
    ...(freeBytes === undefined ? {} : { freeBytes }),
    remarks: [...roomRemarks(input, neededBytes), ...ageRemarks(source, destination)],
    guessSeconds: guessSeconds(kinds, neededBytes, input.manner),
  }
}

/** Nextcloud needs a little room of its own for folders, calendars and part files. */
const spareBytes = 10_000_000
const tightShare = 0.9

function roomRemarks({ freeBytes, folders, destination }: PlanInput, neededBytes: number): PlanRemark[] {
  if (freeBytes === undefined || neededBytes === 0) return []
  if (neededBytes + spareBytes <= freeBytes) {
    if (neededBytes < freeBytes * tightShare) return []
    return [{ code: 'tight', blocks: false, message: `after the move ${formatSize(freeBytes - neededBytes)} will be left on ${destination.address}`, next: [] }]
  }
  const missing = neededBytes + spareBytes - freeBytes
  const largest = folders.toSorted((a, b) => b.bytes - a.bytes).slice(0, 5)
  return [
    {
      code: 'too-small',
      blocks: true,
      message: `${destination.address} has too little room: ${formatSize(neededBytes)} are to be carried, ${formatSize(freeBytes)} are free; ${formatSize(missing)} are missing`,
      next: [
        'ask the new host for more room',
        ...(largest.length === 0 ? [] : [`or make it smaller first; the largest folders: ${largest.map(({ name, bytes }) => `${name} (${formatSize(bytes)})`).join(', ')}`]),
        'or move everything but the files: --without files',
      ],
    },
  ]
}

const majorOf = ({ version }: PlanSide): number => Number(version.split('.')[0])

/** Folders as one zip since 31, many files in one request since 23. */
function ageRemarks(source: PlanSide, destination: PlanSide): PlanRemark[] {
  const remarks: PlanRemark[] = []
  if (majorOf(source) < 31) {
    remarks.push({ code: 'old-source', blocks: false, message: `Nextcloud ${source.version} hands out files one by one: many small files take longer`, next: [] })
  }
  if (majorOf(destination) < 23) {
    remarks.push({ code: 'old-destination', blocks: false, message: `Nextcloud ${destination.version} takes files one by one: many small files take longer`, next: [] })
  }
  return remarks
}

/** Measured between two spaces on one machine of two cores: 76 small files a second by bulk upload, 4 requests at once. Bytes: a link of 80 Mbit/s. */
const rates = { itemsPerSecond: { gentle: 15, polite: 60, fast: 90 }, bytesPerSecond: 10e6 } as const

export function guessSeconds(kinds: readonly Pick<PlannedKind, 'count'>[], bytes: number, manner: PlanInput['manner']): number {
  const items = kinds.reduce((sum, { count }) => sum + count, 0)
  return Math.ceil(Math.max(items / rates.itemsPerSecond[manner], bytes / rates.bytesPerSecond))
}

/** What can be carried only together with the files it belongs to. */
const ofFiles: readonly KindName[] = ['versions', 'trash', 'favourites', 'tags', 'comments', 'albums', 'shares']

export interface KindWish {
  /** These alone; without it, all but the optional ones. */
  readonly only?: readonly KindName[] | undefined
  /** Optional ones, too. */
  readonly also?: readonly KindName[] | undefined
  readonly without?: readonly KindName[] | undefined
}

/** Kinds meant by `--only`, `--with` and `--without`, in the order in which they are carried. Without the files goes nothing that belongs to files. Pure. */
export function chosenKinds({ only, also = [], without = [] }: KindWish): KindName[] {
  const named = only ?? kindNames.filter((name) => !optionalKinds.includes(name))
  const wanted = kindNames.filter((name) => (named.includes(name) || also.includes(name)) && !without.includes(name))
  return wanted.includes('files') ? wanted : wanted.filter((name) => !ofFiles.includes(name))
}
