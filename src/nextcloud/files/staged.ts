import { createHash } from 'node:crypto'
import { refusal, sendForText, type Remote } from '../remote.ts'
import type { Over, Written } from './contract.ts'
import { statPath } from './list.ts'
import { addressOf, nameOf, parentOf } from './paths.ts'
import type { Manners } from './quirks.ts'

/**
 * Where content with a long name is written first, on servers that put more than the name on their disk; undefined where it is
 * written at once. Always the same for one path: what a broken run left is overwritten by the next, and moved away.
 */
export function stagingFor(path: string, { longestPut }: Pick<Manners, 'longestPut'>): string | undefined {
  const name = nameOf(path)
  if (Buffer.byteLength(name) <= longestPut) return undefined
  const folder = parentOf(path)
  return `${folder}${folder === '' ? '' : '/'}.chaton-${createHash('sha256').update(name).digest('hex').slice(0, 24)}`
}

/** Gives the content its name. Throws `conflict` where `over` does not hold, also because an earlier request whose answer was lost has given it: nothing stays behind. */
export async function unstage(remote: Remote, move: { readonly staging: string; readonly path: string; readonly over: Over }): Promise<Pick<Written, 'etag' | 'fileId'>> {
  const place = remote.base + addressOf(remote.uid, move.path)
  const answer = await sendForText(remote, addressOf(remote.uid, move.staging), { method: 'MOVE', headers: { destination: place, ...overHeaders(move.over, place) } })
  if (answer.status === 412) await sendForText(remote, addressOf(remote.uid, move.staging), { method: 'DELETE', headers: { 'x-nc-skip-trashbin': 'true' } })
  if (answer.status !== 201 && answer.status !== 204) throw refusal(`naming "${move.path}"`, answer)
  const there = await statPath(remote, move.path)
  return { etag: there?.etag, fileId: there?.fileId }
}

/** For a MOVE: `If-Match` would speak of what is moved; the `If` header names the target (RFC 4918, 10.4.9; Sabre\DAV\Server::checkPreconditions). */
export const overHeaders = (over: Over, place: string): Record<string, string> =>
  over === 'new' ? { overwrite: 'F' } : { if: `<${place}> (["${over.etag}"])` }
