import type { MoveReporter } from '../../move/events.ts'
import type { Progress } from '../../spaces/progress.ts'

/** A view of progress that is open until it is closed. */
export interface OpenProgress {
  readonly report: Progress
  close(): Promise<void>
}

/** A view of a move. */
export interface OpenMoveProgress {
  readonly report: MoveReporter
  /** Leaves the terminal to a question; the next event draws the view again. */
  rest(): Promise<void>
  close(): Promise<void>
}
