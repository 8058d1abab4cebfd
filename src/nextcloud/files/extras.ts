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
  /** File id of the other half of a live photo, the picture's or the film's. */
  readonly livePhotoPeer: string | undefined
}

const question =
  '<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"><d:prop><oc:fileid/><oc:comments-count/><nc:metadata-files-live-photo/></d:prop></d:propfind>'

/** A folder's entries, or all below it; itself not. Handed out as the answer is read. A server may take `infinity` for `1` (RFC 4918, 9.1). */
export async function* listExtras(remote: Remote, folder: string, depth: '1' | 'infinity'): AsyncGenerator<EntryExtras> {
  const headers = { depth, 'content-type': 'application/xml', prefer: 'return=minimal' }
  const answer = await remote.send(addressOf(remote.uid, folder), { method: 'PROPFIND', headers, body: question, idleTimeoutMs: 600_000 })
  if (answer.status !== 207) throw refusal(`listing "${folder}"`, { ...answer, text: await textOf(answer) })
  for await (const { href, props } of readMultistatus(answer.body)) {
    const path = namesInHref(href).join('/')
    const peer = textIn(props['metadata-files-live-photo']).trim()
    if (path !== folder) yield { path, fileId: textIn(props['fileid']), comments: Number(textIn(props['comments-count'])) || 0, livePhotoPeer: /^[1-9]\d*$/.test(peer) ? peer : undefined }
  }
}

/** Says which file is the other half of a live photo (FilesPlugin.php, since 28). False where the server refuses. */
export async function setLivePhotoPeer(remote: Remote, path: string, peerFileId: string): Promise<boolean> {
  const body = `<?xml version="1.0"?><d:propertyupdate xmlns:d="DAV:" xmlns:nc="http://nextcloud.org/ns"><d:set><d:prop><nc:metadata-files-live-photo>${Number(peerFileId)}</nc:metadata-files-live-photo></d:prop></d:set></d:propertyupdate>`
  const answer = await remote.send(addressOf(remote.uid, path), { method: 'PROPPATCH', headers: { 'content-type': 'application/xml' }, body })
  if (answer.status !== 207) throw refusal(`linking "${path}"`, { ...answer, text: await textOf(answer) })
  let taken = true
  for await (const { refused } of readMultistatus(answer.body)) taken &&= Object.keys(refused).length === 0
  return taken
}
