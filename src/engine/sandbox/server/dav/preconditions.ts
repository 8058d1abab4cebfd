import { header, type Exchange } from '../exchange.ts'
import { preconditionFailed } from '../reply.ts'

/** `If-Match` and `If-None-Match` against the quoted ETag of what is there, if anything. Throws 412. */
export function checkPreconditions(exchange: Exchange, etag: string | undefined): void {
  const ifMatch = header(exchange, 'if-match')
  if (ifMatch !== undefined && (etag === undefined || !names(ifMatch, etag))) {
    const message =
      etag === undefined
        ? 'An If-Match header was specified, but the resource did not exist'
        : 'An If-Match header was specified, but none of the specified ETags matched.'
    throw preconditionFailed(message, { header: 'If-Match', ...(etag === undefined ? {} : { headers: { etag } }) })
  }
  const ifNoneMatch = header(exchange, 'if-none-match')
  if (ifNoneMatch !== undefined && etag !== undefined && names(ifNoneMatch, etag)) {
    throw preconditionFailed('An If-None-Match header was specified, but the ETag matched (or * was specified).', { header: 'If-None-Match' })
  }
}

const names = (list: string, etag: string): boolean => list.trim() === '*' || list.split(',').some((part) => part.trim().replace(/^W\//, '') === etag)
