import { openInBrowser } from '../../kit/browser.ts'
import { systemClock } from '../../kit/clock.ts'
import { mask } from '../../kit/mask.ts'
import type { MoveEvent } from '../../move/events.ts'
import { emptyView, rateOf, viewAfter, wordsOf, type MoveView } from '../../move/view.ts'
import type { Invocation, Process } from '../invocation.ts'
import { eventLine, progressLine, signInLines } from './move-words.ts'
import type { OpenMoveProgress } from './open-progress.ts'

/** Between two lines of progress for a program, and for a person who reads a log. */
const jsonEveryMs = 1000
const plainEveryMs = 10_000
/** The same wait is told again only after so long. */
const waitEveryMs = 30_000

/** JSON lines with `--json`, ink on a terminal, plain lines when piped; always on standard error. */
export async function openMoveProgress({ json }: Invocation, { stderr, environment }: Process): Promise<OpenMoveProgress> {
  const write = (line: string): void => void stderr.write(`${mask(line)}\n`)
  if (json) return jsonLines(write, now)
  const terminal = stderr.isTTY && environment['CI'] === undefined && environment['TERM'] !== 'dumb'
  if (!terminal) return plainLines(write, now)
  const { inkView } = await import('../ui/move-render.tsx')
  return inkView(stderr, async (event) => await showSignIn(event, { stderr, environment }))
}

const now = (): number => systemClock.now().getTime()

/** Every event as it is, progress at most once a second for each kind and at its end, with rates, what is at work, and the last problem. */
export function jsonLines(write: (line: string) => void, time: () => number): OpenMoveProgress {
  let view: MoveView = emptyView
  const progress = thinned(jsonEveryMs, time, (event: ProgressEvent) => write(JSON.stringify({ ...event, ...wordsOf(view), ...rateOf(view) })))
  return quiet((event) => {
    view = viewAfter(view, event, time())
    if (event.event === 'progress') return progress.offer(event.kind, event)
    if (event.event === 'kind') progress.flush(event.kind)
    write(JSON.stringify(event))
  })
}

/** A line for what happens once, and one of progress every ten seconds. */
export function plainLines(write: (line: string) => void, time: () => number): OpenMoveProgress {
  let view: MoveView = emptyView
  const progress = thinned(plainEveryMs, time, () => write(progressLine(view) ?? ''))
  const waits = thinned(waitEveryMs, time, (event: MoveEvent) => write(eventLine(event) ?? ''))
  return quiet((event) => {
    view = viewAfter(view, event, time())
    if (event.event === 'progress') return progress.offer(event.kind, event)
    if (event.event === 'wait') return waits.offer(`${event.side} ${event.reason}`, event)
    for (const line of event.event === 'sign-in' ? signInLines(event, false) : [eventLine(event)]) if (line !== undefined) write(line)
  })
}

type ProgressEvent = Extract<MoveEvent, { event: 'progress' }>

interface Thinned<T> {
  /** Told at once where the last one of this key is long enough ago; else kept. */
  offer(key: string, event: T): void
  /** Tells what was kept. */
  flush(key: string): void
}

function thinned<T>(everyMs: number, time: () => number, tell: (event: T) => void): Thinned<T> {
  const last = new Map<string, number>()
  const kept = new Map<string, T>()
  return {
    offer: (key, event) => {
      kept.set(key, event)
      if (time() - (last.get(key) ?? -Infinity) < everyMs) return
      last.set(key, time())
      kept.delete(key)
      tell(event)
    },
    flush: (key) => {
      const event = kept.get(key)
      if (event !== undefined) tell(event)
      kept.delete(key)
      last.delete(key)
    },
  }
}

const quiet = (report: OpenMoveProgress['report']): OpenMoveProgress => ({ report, rest: async () => {}, close: async () => {} })

/** On a terminal: the address, its QR code for a phone, and the browser where there is one. */
async function showSignIn(event: Extract<MoveEvent, { event: 'sign-in' }>, { stderr, environment }: Pick<Process, 'stderr' | 'environment'>): Promise<void> {
  const opened = await openInBrowser(event.login, environment)
  for (const line of signInLines(event, opened)) stderr.write(`${mask(line)}\n`)
  const { renderUnicodeCompact } = await import('uqr')
  const code = renderUnicodeCompact(event.login, { border: 2 })
  const width = code.indexOf('\n')
  if (width < (stderr.columns ?? 0)) stderr.write(`\n${code}\n\n`)
}
