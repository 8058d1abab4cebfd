import type { Clock } from '../kit/clock.ts'
import { ChatonError } from '../kit/errors.ts'
import type { MoveFacts } from './facts.ts'

const lookMs = 500

export interface PauseWatch extends Disposable {
  /** Aborts with the given signal, or when somebody asks for a pause. */
  readonly signal: AbortSignal
  watch(facts: MoveFacts): void
}

/** Looks from time to time whether another process has asked for a pause. */
export function watchForPause(clock: Clock, signal: AbortSignal): PauseWatch {
  const asked = new AbortController()
  const over = new AbortController()
  const look = async (facts: MoveFacts): Promise<void> => {
    while (!over.signal.aborted && facts.get('pauseAsked') !== true) await clock.sleep(lookMs, over.signal)
    if (!over.signal.aborted) asked.abort(new ChatonError('interrupted', 'paused by `chaton move pause`', { next: ['chaton move resume goes on from here'] }))
  }
  return {
    signal: AbortSignal.any([signal, asked.signal]),
    watch: (facts) => void look(facts).catch(() => {}),
    [Symbol.dispose]: () => over.abort(),
  }
}
