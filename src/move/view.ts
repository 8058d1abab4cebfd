import type { MoveProgress } from './contract.ts'
import type { MoveEvent, Stage } from './events.ts'
import type { KindName } from './kinds.ts'

export interface KindView {
  readonly kind: KindName
  readonly state: 'waiting' | 'started' | 'done' | 'failed'
  readonly done: number
  readonly total: number
  readonly doneBytes?: number | undefined
  readonly totalBytes?: number | undefined
  readonly note?: string | undefined
}

interface Sample {
  /** Milliseconds. */
  readonly at: number
  readonly done: number
  readonly doneBytes: number
}

/** What a person looks at while a move works; made from its events alone. */
export interface MoveView {
  readonly stage: Stage | undefined
  readonly pass: number
  readonly kinds: readonly KindView[]
  readonly problem: string | undefined
  /** Of the kind at work, within the last seconds. */
  readonly samples: readonly Sample[]
  readonly working: KindName | undefined
}

export const emptyView: MoveView = { stage: undefined, pass: 0, kinds: [], problem: undefined, samples: [], working: undefined }

/** Rates are those of the last half minute: they follow a change, and do not jump. */
const windowMs = 30_000
const leastMs = 1000

/** The view after one more event, which came at `at` milliseconds. Pure. */
export function viewAfter(view: MoveView, event: MoveEvent, at: number): MoveView {
  switch (event.event) {
    case 'stage':
      return { ...view, stage: event.stage, pass: event.pass ?? view.pass, kinds: view.kinds.map((kind) => ({ ...kind, state: 'waiting' })), samples: [], working: undefined }
    case 'kind':
      return ofKind({ ...view, working: event.kind, samples: event.state === 'started' ? [] : view.samples, problem: event.message ?? view.problem }, event.kind, { state: event.state, note: undefined })
    case 'progress':
      return progressed(view, event, at)
    case 'wait':
      return { ...view, problem: event.reason }
    case 'sign-in':
    case 'signed-in':
    default:
      return view
  }
}

function progressed(view: MoveView, { kind, done, total, doneBytes, totalBytes, note, problem }: MoveProgress, at: number): MoveView {
  const before = view.working === kind ? view.samples : []
  const recent = before.filter((sample) => at - sample.at <= windowMs)
  const sample = { at, done, doneBytes: doneBytes ?? 0 }
  const anchor = recent.at(-2)
  // The newest takes the place of the one before it, until that is far enough from its own predecessor.
  const samples = anchor !== undefined && at - anchor.at < leastMs / 4 ? [...recent.slice(0, -1), sample] : [...recent, sample]
  const next = { ...view, working: kind, samples, problem: problem ?? view.problem }
  // Most events tell of counts alone: what is at work stays until something else is.
  return ofKind(next, kind, { state: 'started', done, total, doneBytes, totalBytes, ...(note === undefined ? {} : { note }) })
}

function ofKind(view: MoveView, kind: KindName, change: Partial<KindView>): MoveView {
  const known = view.kinds.find((one) => one.kind === kind) ?? { kind, state: 'waiting' as const, done: 0, total: 0 }
  const changed = { ...known, ...change }
  const kinds = view.kinds.includes(known) ? view.kinds.map((one) => (one === known ? changed : one)) : [...view.kinds, changed]
  return { ...view, kinds }
}

/** What the kind at work does now, and the last problem of the move. Pure. */
export function wordsOf({ kinds, working, problem }: MoveView): { readonly note?: string; readonly problem?: string } {
  const note = kinds.find(({ kind }) => kind === working)?.note
  return { ...(note === undefined ? {} : { note }), ...(problem === undefined ? {} : { problem }) }
}

export interface Rate {
  readonly perSecond: number
  readonly bytesPerSecond: number
  /** Of the kind at work; absent where nothing can be said yet. */
  readonly secondsLeft?: number
}

/** How fast the kind at work is, and how long it still takes; `undefined` while there is nothing to measure. Pure. */
export function rateOf({ samples, kinds, working }: MoveView): Rate | undefined {
  const [first] = samples
  const last = samples.at(-1)
  if (first === undefined || last === undefined || last.at - first.at < leastMs) return undefined
  const seconds = (last.at - first.at) / 1000
  const perSecond = Math.max(0, (last.done - first.done) / seconds)
  const bytesPerSecond = Math.max(0, (last.doneBytes - first.doneBytes) / seconds)
  const view = kinds.find(({ kind }) => kind === working)
  const byItems = left(view?.total, view?.done, perSecond)
  const byBytes = left(view?.totalBytes, view?.doneBytes, bytesPerSecond)
  const secondsLeft = byItems === undefined ? byBytes : byBytes === undefined ? byItems : Math.max(byItems, byBytes)
  return { perSecond, bytesPerSecond, ...(secondsLeft === undefined ? {} : { secondsLeft: Math.ceil(secondsLeft) }) }
}

function left(total: number | undefined, done: number | undefined, rate: number): number | undefined {
  if (total === undefined || done === undefined) return undefined
  if (total <= done) return 0
  return rate > 0 ? (total - done) / rate : undefined
}
