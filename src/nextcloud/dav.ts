import { XMLParser } from 'fast-xml-parser'
import { z } from 'zod'
import { ChatonError } from '../kit/errors.ts'
import type { HttpResponse } from '../kit/http.ts'
import { askAs, unexpected, type Connection } from './connection.ts'

/** Path of a file of `userId` under the server's base; `path` is relative to the account's root and not encoded. */
export function filePath(userId: string, path: string): string {
  const parts = path.split('/').filter((part) => part !== '')
  return ['/remote.php/dav/files', encodeURIComponent(userId), ...parts.map((part) => encodeURIComponent(part))].join('/')
}

/** Creates the file; throws `remote-failed` if something has that name already, or the server refuses. */
export async function putNewFile(connection: Connection, file: { userId: string; path: string; text: string }): Promise<void> {
  const response = await askAs(connection, filePath(file.userId, file.path), {
    method: 'PUT',
    body: file.text,
    headers: { 'content-type': 'application/octet-stream', 'if-none-match': '*' },
  })
  expect(response, `writing ${file.path}`, 201)
}

/** The content of a small text file. */
export async function getFile(connection: Connection, userId: string, path: string): Promise<string> {
  return expect(await askAs(connection, filePath(userId, path)), `reading ${path}`, 200).text
}

/** Deletes for good, without the trash. A file that is not there is fine. */
export async function deleteFile(connection: Connection, userId: string, path: string): Promise<void> {
  const response = await askAs(connection, filePath(userId, path), { method: 'DELETE', headers: { 'x-nc-skip-trashbin': 'true' } })
  expect(response, `deleting ${path}`, 204, 404)
}

export interface DavQuota {
  readonly usedBytes: number
  /** `undefined`: no limit known. */
  readonly availableBytes: number | undefined
}

const quotaQuestion =
  '<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop><d:quota-used-bytes/><d:quota-available-bytes/></d:prop></d:propfind>'
const Prop = z.looseObject({ 'quota-used-bytes': z.coerce.number(), 'quota-available-bytes': z.coerce.number() })
const parser = new XMLParser({ removeNSPrefix: true, ignoreAttributes: true, processEntities: false, isArray: (name) => name === 'propstat' })

/** What the account uses, and may still write, by its root folder. Negative figures of the server mean "not limited". */
export async function readQuota(connection: Connection, userId: string): Promise<DavQuota> {
  const response = await askAs(connection, `${filePath(userId, '')}/`, {
    method: 'PROPFIND',
    body: quotaQuestion,
    headers: { depth: '0', 'content-type': 'application/xml' },
  })
  const tree = parser.parse(expect(response, 'reading the quota', 207).text) as { multistatus?: { response?: { propstat?: { prop?: unknown }[] } } }
  const parsed = Prop.safeParse(tree.multistatus?.response?.propstat?.[0]?.prop)
  if (!parsed.success) throw new ChatonError('remote-failed', 'the server did not say the quota of the account', { cause: parsed.error })
  const available = parsed.data['quota-available-bytes']
  return { usedBytes: parsed.data['quota-used-bytes'], availableBytes: available < 0 ? undefined : available }
}

function expect(response: HttpResponse, what: string, ...statuses: readonly number[]): HttpResponse {
  if (statuses.includes(response.status)) return response
  throw unexpected(what, response)
}
