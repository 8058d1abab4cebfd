import type { Progress } from '../../spaces/progress.ts'

/** A view of progress that is open until it is closed. */
export interface OpenProgress {
  readonly report: Progress
  close(): Promise<void>
}
