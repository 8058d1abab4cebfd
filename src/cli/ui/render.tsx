import { render } from 'ink'
import type { ProgressEvent } from '../../spaces/progress.ts'
import { Steps } from './steps.tsx'

/** Draws the steps on a terminal; `redraw` after more events were added to the list. */
export function renderProgress(stream: NodeJS.WriteStream, events: readonly ProgressEvent[]): { redraw(): void; close(): Promise<void> } {
  const steps = () => <Steps events={[...events]} />
  const view = render(steps(), { stdout: stream, patchConsole: false, exitOnCtrlC: false })
  return {
    redraw: () => view.rerender(steps()),
    close: async () => {
      view.rerender(steps())
      view.unmount()
      await view.waitUntilExit()
    },
  }
}
