import { asChatonError } from '../../kit/errors.ts'

/**
 * Works through the tasks, `atOnce` at a time; a task is drawn when a worker is free. After the first failure nothing new is begun;
 * what runs is waited for, and the failure thrown (not the `interrupted` of those that it ended).
 */
export async function inParallel<T>(tasks: Iterable<T>, atOnce: number, work: (task: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = []
  const rest = tasks[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (;;) {
      const { done, value } = failures.length === 0 ? rest.next() : { done: true, value: undefined }
      if (done === true) return
      try {
        await work(value as T)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, atOnce) }, worker))
  if (failures.length > 0) throw failures.find((failure) => asChatonError(failure).code !== 'interrupted') ?? failures[0]
}
