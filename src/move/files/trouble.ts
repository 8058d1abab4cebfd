import { asChatonError, type ChatonError } from '../../kit/errors.ts'

export function statusOf(thrown: unknown): number | undefined {
  const status = asChatonError(thrown).data['status']
  return typeof status === 'number' ? status : undefined
}

export const isConflict = (thrown: unknown): boolean => asChatonError(thrown).code === 'conflict'
export const isMissing = (thrown: unknown): boolean => asChatonError(thrown).code === 'not-found'

/** The server, or a proxy before it, takes no body of this size. */
export const isTooLarge = (thrown: unknown): boolean => statusOf(thrown) === 413

/** No answer, or one that broke off: of the network, or of whatever the server or a proxy does with this one request. Pure. */
export const isSilence = (error: ChatonError): boolean => error.code === 'remote-failed' && error.retryable && error.data['status'] === undefined

/** The host said 503 to this, and answered otherwise meanwhile: see Pace. Pure. */
export const isOfThisOnly = (thrown: unknown): boolean => asChatonError(thrown).data['onlyThis'] === true

/** Whether the server may still have done, or be doing, what it was asked: no answer, or one of a proxy that waited no longer. */
export function mayHaveHappened(thrown: unknown): boolean {
  const status = statusOf(thrown)
  return asChatonError(thrown).code === 'remote-failed' && (status === undefined || status === 423 || status === 408 || status >= 500)
}

/** Whether a failure with one item means that the others would fare no better. The paces have waited and repeated before. Pure. */
export function stops(error: ChatonError): boolean {
  const status = statusOf(error)
  if (status === 401 || (status === 503 && !isOfThisOnly(error))) return true
  if (error.code === 'remote-failed') return isSilence(error)
  return !['not-found', 'conflict', 'bad-input'].includes(error.code)
}

/** For the report. Pure. */
export function reasonOf(error: ChatonError): { readonly reason: string; readonly next: string } {
  const [next = 'run the move again'] = error.next
  return { reason: error.message, next }
}
