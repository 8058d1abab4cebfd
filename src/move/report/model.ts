import { z } from 'zod'
import { NewLink, Refusal, Renamed, type KindCheck, type KindFailure, type KindOutcome } from '../facts.ts'
import { kindNames, type KindName } from '../kinds.ts'

export const reportFormat = 'chaton-move-report/1'

export const ReportSide = z.object({ address: z.string(), account: z.string(), displayName: z.string().exactOptional(), version: z.string() })
export type ReportSide = z.infer<typeof ReportSide>

/** `pending`: not carried yet. `moved`: all that could be. `differing`: checked, and something is not as at the source. `failed`: stopped before its end. `left-out`: by the person. `unavailable`: this program cannot carry it. */
export const KindState = z.enum(['pending', 'moved', 'differing', 'failed', 'left-out', 'unavailable'])
export type KindState = z.infer<typeof KindState>

export const ReportKind = z.object({
  name: z.enum(kindNames),
  state: KindState,
  moved: z.int(),
  alreadyThere: z.int(),
  bytes: z.number().exactOptional(),
  renamed: z.array(Renamed),
  refused: z.array(Refusal),
  checked: z.int().exactOptional(),
  differing: z.array(Refusal),
  /** What stopped it. */
  failure: z.string().exactOptional(),
})
export type ReportKind = z.infer<typeof ReportKind>

/** Things the person has to do now, most pressing first. */
export const Todo = z.enum(['look-at-differences', 'try-again', 'clients', 'calendar-clients', 'new-links', 'passwords', 'tell-people', 'not-moved', 'keep-old', 'own-app-passwords'])
export type Todo = z.infer<typeof Todo>

/** What a move has done, for people and for programs. */
export const MoveReport = z.object({
  format: z.literal(reportFormat),
  move: z.string(),
  madeAt: z.iso.datetime(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().exactOptional(),
  source: ReportSide,
  destination: ReportSide,
  passes: z.int(),
  kinds: z.array(ReportKind),
  /** Data of apps that nothing here carries. */
  notCarried: z.array(Refusal.extend({ app: z.string() })),
  /** Public links that have another address now. */
  links: z.array(NewLink).default([]),
  verification: z.enum(['passed', 'differences', 'not-done']),
  todo: z.array(Todo),
})
export type MoveReport = z.infer<typeof MoveReport>

export interface ReportInput {
  readonly move: string
  readonly madeAt: Date
  readonly startedAt: string
  readonly finishedAt: string | undefined
  readonly source: ReportSide
  readonly destination: ReportSide
  /** Some app password is the person's own, not made for this move. */
  readonly ownAppPasswords: boolean
  readonly passes: number
  /** Kinds that this program can carry, and those of them that the person wants. */
  readonly available: readonly KindName[]
  readonly chosen: readonly KindName[]
  /** `carried`: a pass over this kind has come to its end. */
  readonly outcomes: Partial<Readonly<Record<KindName, KindOutcome & { readonly carried: boolean }>>>
  readonly failures: Partial<Readonly<Record<KindName, KindFailure>>>
  readonly checks: Partial<Readonly<Record<KindName, KindCheck>>>
  readonly notCarried: MoveReport['notCarried']
}

/** From what the journal knows to the report. Pure. */
export function makeReport(input: ReportInput): MoveReport {
  const kinds = kindNames.map((name) => reportKind(name, input))
  return {
    format: reportFormat,
    move: input.move,
    madeAt: input.madeAt.toISOString(),
    startedAt: input.startedAt,
    ...(input.finishedAt === undefined ? {} : { finishedAt: input.finishedAt }),
    source: sideOf(input.source),
    destination: sideOf(input.destination),
    passes: input.passes,
    kinds,
    notCarried: [...input.notCarried],
    links: kindNames.flatMap((name) => input.outcomes[name]?.links ?? []),
    verification: verificationOf(kinds),
    todo: todoOf(kinds, input),
  }
}

/** A kind that failed was not compared to its end: what was found of the others does not make up for it. Nor is there anything to pass where nothing was wanted. */
function verificationOf(kinds: readonly ReportKind[]): MoveReport['verification'] {
  const wanted = kinds.filter(isWanted)
  if (wanted.some(({ state }) => state === 'failed')) return 'not-done'
  if (wanted.some(({ differing }) => differing.length > 0)) return 'differences'
  return wanted.length > 0 && wanted.every(({ checked }) => checked !== undefined) ? 'passed' : 'not-done'
}

const isWanted = ({ state }: ReportKind): boolean => state !== 'left-out' && state !== 'unavailable'

const sideOf = ({ address, account, displayName, version }: ReportSide): ReportSide => ({ address, account, ...(displayName === undefined ? {} : { displayName }), version })

function reportKind(name: KindName, input: ReportInput): ReportKind {
  const { moved, alreadyThere, bytes, refused, renamed = [] } = input.outcomes[name] ?? { moved: 0, alreadyThere: 0, refused: [] }
  // Of an earlier pass, where this one failed.
  const check = input.failures[name] === undefined ? input.checks[name] : undefined
  const failure = (input.failures[name] ?? check?.failure)?.message
  return {
    name,
    state: stateOf(name, input),
    moved,
    alreadyThere,
    ...(bytes === undefined ? {} : { bytes }),
    renamed,
    refused,
    ...(check === undefined || check.failure !== undefined ? {} : { checked: check.checked }),
    differing: check?.differing ?? [],
    ...(failure === undefined ? {} : { failure }),
  }
}

function stateOf(name: KindName, { available, chosen, outcomes, failures, checks }: ReportInput): KindState {
  if (!available.includes(name)) return 'unavailable'
  if (!chosen.includes(name)) return 'left-out'
  if (failures[name] !== undefined || checks[name]?.failure !== undefined) return 'failed'
  if (outcomes[name]?.carried !== true) return 'pending'
  return (checks[name]?.differing.length ?? 0) > 0 ? 'differing' : 'moved'
}

function todoOf(kinds: readonly ReportKind[], { notCarried, ownAppPasswords, outcomes }: ReportInput): Todo[] {
  const kind = (name: KindName): ReportKind | undefined => kinds.find((one) => one.name === name)
  const has = (name: KindName): boolean => (kind(name)?.moved ?? 0) + (kind(name)?.alreadyThere ?? 0) > 0
  const conditions: readonly (readonly [Todo, boolean])[] = [
    ['try-again', kinds.some(({ state }) => state === 'failed')],
    ['look-at-differences', kinds.some(({ state }) => state === 'differing')],
    ['not-moved', notCarried.length > 0 || kinds.some(({ refused, state }) => refused.length > 0 || state === 'unavailable')],
    ['clients', has('files')],
    ['calendar-clients', has('calendars') || has('contacts')],
    ['new-links', (outcomes.shares?.links ?? []).length > 0],
    ['passwords', kind('shares')?.refused.some(({ reason }) => isAboutPassword(reason)) ?? false],
    ['tell-people', true],
    ['own-app-passwords', ownAppPasswords],
    ['keep-old', true],
  ]
  return conditions.flatMap(([todo, applies]) => (applies ? [todo] : []))
}

/** Of a link that has to be made by hand, with a new password: shares/judge.ts. */
const isAboutPassword = (reason: string): boolean => /\bpassword\b/.test(reason)

/** True where everything that was to be carried is there, or was refused with its reason, and the check found no difference. */
export function isWhole({ kinds, verification }: Pick<MoveReport, 'kinds' | 'verification'>): boolean {
  return verification === 'passed' && kinds.filter(isWanted).every(({ state }) => state === 'moved')
}

export type Progress = 'pending' | 'partly' | 'whole'

/** How far a move has come, for its title. */
export function progressOf(report: Pick<MoveReport, 'kinds' | 'verification'>): Progress {
  if (report.kinds.filter(isWanted).every(({ state }) => state === 'pending')) return 'pending'
  return isWhole(report) ? 'whole' : 'partly'
}
