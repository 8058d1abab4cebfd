import { expect } from 'vitest'
import { ChatonError } from '../../src/kit/errors.ts'

/** What a call throws, or a promise is rejected with; fails where that is nothing, or not a ChatonError. */
export async function failureOf(promise: Promise<unknown>): Promise<ChatonError> {
  return ours(
    await promise.then(
      () => undefined,
      (error: unknown) => error,
    ),
  )
}

export function thrownBy(work: () => unknown): ChatonError {
  let thrown: unknown
  try {
    work()
  } catch (error) {
    thrown = error
  }
  return ours(thrown)
}

function ours(thrown: unknown): ChatonError {
  expect(thrown).toBeInstanceOf(ChatonError)
  return thrown as ChatonError
}
