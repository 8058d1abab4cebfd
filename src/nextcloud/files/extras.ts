import { textOf } from '../../kit/http-stream.ts'
import { readMultistatus, textIn } from '../multistatus.ts'
import { refusal, type Remote } from '../remote.ts'
import { addressOf, namesInHref } from './paths.ts'

/** What hangs on a file without changing any etag. */
export interface EntryExtras {
  readonly path: string
  readonly fileId: string
  /** Of all kinds; see ../comments. */
  readonly comments: number
}

const question =
  '<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop><oc:fileid/><oc:comments-count/></d:prop></d:propfind>'

/** A folder's entries, or all below it; itself not. Handed out as the answer is read. A server may take `infinity` for `1` (RFC 4918, 9.1). */
export async function* listExtras(remote: Remote, folder: string, depth: '1' | 'infinity'): AsyncGenerator<EntryExtras> {
  const headers = { depth, 'content-type': 'application/xml', prefer: 'return=minimal' }
  const answer = await remote.send(addressOf(remote.uid, folder), { method: 'PROPFIND', headers, body: question, idleTimeoutMs: 600_000 })
  if (answer.status !== 207) throw refusal(`listing "${folder}"`, { ...answer, text: await textOf(answer) })
  for await (const { href, props } of readMultistatus(answer.body)) {
    const path = namesInHref(href).join('/')
    if (path !== folder) yield { path, fileId: textIn(props['fileid']), comments: Number(textIn(props['comments-count'])) || 0 }
  }
}
