import { render } from 'ink'
import type { ProgressEvent } from '../../spaces/progress.ts'
import type { OpenProgress } from '../present/open-progress.ts'
import { Steps } from './steps.tsx'

/** Draws the steps on a terminal and redraws them as they change. */
export function renderProgress(stream: NodeJS.WriteStream): OpenProgress {
  const events: ProgressEvent[] = []
  const view = render(<Steps events={[]} />, { stdout: stream, patchConsole: false, exitOnCtrlC: false })
  return {
    report: (event) => {
      events.push(event)
      view.rerender(<Steps events={[...events]} />)
    },
    close: async () => {
      view.unmount()
      await view.waitUntilExit()
    },
  }
}
