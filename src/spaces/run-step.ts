import type { StepResult } from '../engine/contract.ts'
import { asChatonError, ChatonError } from '../kit/errors.ts'
import { mask } from '../kit/mask.ts'
import type { SpacesContext } from './context.ts'
import type { Progress, StepReport } from './progress.ts'

export interface StepRun {
  readonly subject: string
  readonly run: string
  readonly progress: Progress
}

/** Runs one step with its journal entries and progress; a failure is journaled, named after its step and thrown on. */
export async function runStep(
  context: Pick<SpacesContext, 'journal' | 'clock'>,
  { subject, run, progress }: StepRun,
  step: { readonly name: string; readonly title: string },
  action: () => Promise<StepResult>,
): Promise<StepReport> {
  const began = context.clock.now().getTime()
  const record = async (state: 'started' | 'done' | 'failed' | 'skipped', message?: string): Promise<number> => {
    const now = context.clock.now()
    const entry = { subject, run, step: step.name, state, at: now.toISOString() }
    await context.journal.record(message === undefined ? entry : { ...entry, message: mask(message) })
    return now.getTime() - began
  }
  await record('started')
  progress({ step: step.name, title: step.title, state: 'started' })
  try {
    const result = await action()
    const state = result.skipped === undefined ? 'done' : 'skipped'
    const note = result.skipped ?? result.note
    const milliseconds = await record(state, note)
    const noted = note === undefined ? {} : { note }
    progress({ step: step.name, title: step.title, state, milliseconds, ...noted })
    return { step: step.name, state, changed: result.changed, milliseconds, ...noted }
  } catch (thrown) {
    const error = asChatonError(thrown)
    const milliseconds = await record('failed', error.message)
    progress({ step: step.name, title: step.title, state: 'failed', milliseconds, note: mask(error.message) })
    throw inStep(step.name, error)
  }
}

function inStep(step: string, error: ChatonError): ChatonError {
  return new ChatonError(error.code, `step "${step}": ${error.message}`, {
    actor: error.actor,
    retryable: error.retryable,
    next: error.next,
    cause: error.cause ?? error,
    data: { ...error.data, step },
  })
}
