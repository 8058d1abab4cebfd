import type { Node } from '../../space/tree.ts'
import { header, type Exchange, type SignedIn } from '../exchange.ts'
import { badRequest, preconditionFailed } from '../reply.ts'
import { filesTarget, nodeAt } from './target.ts'

/** `If-Match` and `If-None-Match` against the quoted ETag of what is there, if anything. Throws 412. */
export function checkPreconditions(exchange: Exchange, etag: string | undefined): void {
  checkEtags(exchange, { exists: etag !== undefined, etag })
}

/** As sabre/dav before every method: a directory is there, but has no ETag to match. */
export function checkNode(exchange: SignedIn, node: Node | undefined): void {
  checkEtags(exchange, { exists: node !== undefined, etag: node === undefined || node.directory === 1 ? undefined : `"${node.etag}"` })
  checkIf(exchange)
}

function checkEtags(exchange: Exchange, { exists, etag }: { readonly exists: boolean; readonly etag: string | undefined }): void {
  const ifMatch = header(exchange, 'if-match')
  if (ifMatch !== undefined && (!exists || !names(ifMatch, etag))) {
    const message =
      exists
        ? 'An If-Match header was specified, but none of the specified ETags matched.'
        : 'An If-Match header was specified and the resource did not exist'
    throw preconditionFailed(message, { header: 'If-Match', ...(etag === undefined ? {} : { headers: { etag } }) })
  }
  const ifNoneMatch = header(exchange, 'if-none-match')
  const reads = exchange.method === 'GET' || exchange.method === 'HEAD'
  if (ifNoneMatch !== undefined && exists && names(ifNoneMatch, etag) && !reads) {
    throw preconditionFailed('An If-None-Match header was specified, but the ETag matched (or * was specified).', { header: 'If-None-Match' })
  }
}

const names = (list: string, etag: string | undefined): boolean => list.trim() === '*' || list.split(',').some((part) => part.trim().replace(/^W\//, '') === etag)

/** The `If` header (RFC 4918, 10.4), as far as ETags of files go: `<address> (["etag"])`. Throws 412, and 400 for other conditions. */
function checkIf(exchange: SignedIn): void {
  const text = header(exchange, 'if')
  if (text === undefined) return
  const match = /^<(?:https?:\/\/[^/]+)?(\/[^>]*)>\s*\(\[("[^\]]*")\]\)$/.exec(text.trim())
  if (match === null) throw badRequest('The sandbox reads one condition: <address> (["etag"])')
  const [, address = '', etag] = match
  const target = filesTarget(exchange, address.split('/').filter((part) => part !== '').map((part) => decodeURIComponent(part).normalize('NFC')))
  const node = target === undefined ? undefined : nodeAt(exchange, target)
  if (node?.directory !== 0 || `"${node.etag}"` !== etag) throw preconditionFailed(`Failed to find a valid token/etag combination for ${address}`, { header: 'If' })
}
