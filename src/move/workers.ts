/** Works on what an iterable gives, so many at once. The first failure ends it: what is under way is finished, nothing new begun. */
export async function inParallel<T>(items: AsyncIterable<T> | Iterable<T>, atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  let stopped = false
  // One question at a time: generators are not asked again before they have answered.
  let turn: Promise<unknown> = Promise.resolve()
  const next = async (): Promise<IteratorResult<T>> => {
    const mine = turn.then(async () => (stopped ? { done: true as const, value: undefined } : await iterator.next()))
    turn = mine.catch(() => undefined)
    return await mine
  }
  const worker = async (): Promise<void> => {
    try {
      for (let found = await next(); found.done !== true; found = await next()) await work(found.value)
    } catch (error) {
      stopped = true
      throw error
    }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: Math.max(1, atOnce) }, worker))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}
