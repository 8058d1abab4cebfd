import { mask } from '../../kit/mask.ts'
import type { ProgressEvent } from '../../spaces/progress.ts'
import type { Invocation, Process } from '../invocation.ts'
import type { OpenProgress } from './open-progress.ts'

/** JSON lines with `--json`, ink on a terminal, plain lines when piped; always on standard error. */
export async function openProgress({ json }: Invocation, { stderr, environment }: Process): Promise<OpenProgress> {
  if (json) return { report: (event) => stderr.write(`${mask(JSON.stringify(event))}\n`), close: async () => {} }
  if (stderr.isTTY && environment['CI'] === undefined && environment['TERM'] !== 'dumb') return lazyInk(stderr)
  return { report: (event) => stderr.write(`${plainLine(event)}\n`), close: async () => {} }
}

/** Ink is loaded with the first event: commands without progress do not pay for it. */
function lazyInk(stderr: NodeJS.WriteStream): OpenProgress {
  let loading: Promise<OpenProgress> | undefined
  const events: ProgressEvent[] = []
  const open = async (): Promise<OpenProgress> => {
    const { renderProgress } = await import('../ui/render.tsx')
    const view = renderProgress(stderr)
    for (const event of events) view.report(event)
    return view
  }
  return {
    report: (event) => {
      events.push(event)
      if (loading === undefined) loading = open()
      else void loading.then((view) => view.report(event))
    },
    close: async () => {
      await (await loading)?.close()
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
