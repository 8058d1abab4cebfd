import { textOf } from '../../kit/http-stream.ts'
import { readMultistatus } from '../multistatus.ts'
import { refusal, type Remote } from '../remote.ts'
import { addressOf, namesInHref } from './paths.ts'

const question =
  '<?xml version="1.0"?><oc:filter-files xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop><oc:fileid/></d:prop><oc:filter-rules><oc:favorite>1</oc:favorite></oc:filter-rules></oc:filter-files>'

/** Paths of all favourites of the account, in one request (FilesReportPlugin.php). A new favourite changes no etag: a walk by etags would miss it. */
export async function* listFavourites(remote: Remote): AsyncGenerator<string> {
  const answer = await remote.send(`${addressOf(remote.uid, '')}/`, { method: 'REPORT', headers: { 'content-type': 'application/xml' }, body: question })
  if (answer.status !== 207) throw refusal('listing the favourites', { ...answer, text: await textOf(answer) })
  for await (const { href } of readMultistatus(answer.body)) {
    const path = namesInHref(href).join('/')
    if (path !== '') yield path
  }
}
