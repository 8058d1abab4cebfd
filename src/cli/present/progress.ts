import { mask } from '../../kit/mask.ts'
import type { ProgressEvent } from '../../spaces/progress.ts'
import type { Invocation, Process } from '../invocation.ts'
import type { OpenProgress } from './open-progress.ts'

/** JSON lines with `--json`, ink on a terminal, plain lines when piped; always on standard error. */
export async function openProgress({ json }: Invocation, { stderr, environment }: Process): Promise<OpenProgress> {
  if (json) return { report: (event) => stderr.write(`${mask(JSON.stringify(event))}\n`), close: async () => {} }
  if (stderr.isTTY && environment['CI'] === undefined && environment['TERM'] !== 'dumb') return lazyInk(stderr)
  return plainProgress((line) => stderr.write(`${line}\n`))
}

/** Ink is loaded with the first event: commands without progress do not pay for it. */
function lazyInk(stderr: NodeJS.WriteStream): OpenProgress {
  const events: ProgressEvent[] = []
  let loading: Promise<{ redraw(): void; close(): Promise<void> }> | undefined
  const open = async () => (await import('../ui/render.tsx')).renderProgress(stderr, events)
  return {
    report: (event) => {
      events.push(event)
      const loaded = loading !== undefined
      loading ??= open()
      if (loaded) void loading.then((view) => view.redraw())
    },
    close: async () => {
      await (await loading)?.close()
    },
  }
}

/** A step that takes longer than this says that it has begun; the others only how they ended. */
const slowMs = 1000

/** One line for each step that ended, and one more for each that lets people wait. */
export function plainProgress(print: (line: string) => void): OpenProgress {
  const waiting = new Map<string, NodeJS.Timeout>()
  const forget = (step: string): void => {
    clearTimeout(waiting.get(step))
    waiting.delete(step)
  }
  return {
    report: (event) => {
      if (event.state !== 'started') {
        forget(event.step)
        print(plainLine(event))
      } else if (!waiting.has(event.step)) {
        waiting.set(event.step, setTimeout(() => print(plainLine(event)), slowMs))
      }
    },
    close: async () => {
      for (const step of waiting.keys()) forget(step)
      await Promise.resolve()
    },
  }
}

const marks = { started: '…', done: '✓', skipped: '–', failed: '✗' } as const

/** `✓ volume  Data volume with its limit (12 ms)`. */
export function plainLine({ step, title, state, note, milliseconds }: ProgressEvent): string {
  const took = milliseconds === undefined ? '' : ` (${Math.round(milliseconds)} ms)`
  const said = note === undefined ? '' : `: ${note}`
  return mask(`${marks[state]} ${step.padEnd(14)} ${title}${said}${took}`)
}
