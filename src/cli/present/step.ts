import type { Progress } from '../../spaces/progress.ts'

/** One piece of work that people see begin and end, well or badly. */
export async function shownStep<T>(progress: Progress, { step, title }: { readonly step: string; readonly title: string }, work: () => Promise<T>): Promise<T> {
  progress({ step, title, state: 'started' })
  try {
    const result = await work()
    progress({ step, title, state: 'done' })
    return result
  } catch (error) {
    progress({ step, title, state: 'failed' })
    throw error
  }
}
