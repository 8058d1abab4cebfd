import { asChatonError } from '../kit/errors.ts'

/**
 * Works through what an iterable gives, so many at once; something is drawn when a worker is free. After the first failure nothing
 * new is begun; what runs is waited for, and the failure thrown (not the `interrupted` of those that it ended).
 */
export async function inParallel<T>(items: AsyncIterable<T> | Iterable<T>, atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = []
  const next = inTurn(items, () => failures.length > 0)
  const worker = async (): Promise<void> => {
    try {
      for (let found = await next(); found.done !== true; found = await next()) await work(found.value)
    } catch (error) {
      failures.push(error)
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, atOnce) }, worker))
  if (failures.length > 0) throw failures.find((failure) => asChatonError(failure).code !== 'interrupted') ?? failures[0]
}

/** One question at a time: generators are not asked again before they have answered. */
function inTurn<T>(items: AsyncIterable<T> | Iterable<T>, stopped: () => boolean): () => Promise<IteratorResult<T>> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  let turn: Promise<unknown> = Promise.resolve()
  return async () => {
    const mine = turn.then(async () => (stopped() ? { done: true as const, value: undefined } : await iterator.next()))
    turn = mine.catch(() => undefined)
    return await mine
  }
}
