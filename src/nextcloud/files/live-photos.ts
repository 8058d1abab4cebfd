import { textOf } from '../../kit/http-stream.ts'
import { escapeXml } from '../groupware/xml.ts'
import { readMultistatus, textIn } from '../multistatus.ts'
import { refusal, type Remote } from '../remote.ts'
import { addressOf, namesInHref } from './paths.ts'

/** A picture and a short film that are shown as one. Each has the file id of the other; no server finds out by itself that they belong together. */
export interface LivePhoto {
  /** Of the film. */
  readonly path: string
  readonly filmId: string
  readonly pictureId: string
}

/** Since 28: apps/files/lib/Listener/SyncLivePhotosListener.php. */
export const knowsLivePhotos = ({ facts }: Pick<Remote, 'facts'>): boolean => facts.major >= 28

/** All of the account, in one request: films are few. */
export async function* listLivePhotos(remote: Remote): AsyncGenerator<LivePhoto> {
  if (!knowsLivePhotos(remote)) return
  const answer = await remote.send('/remote.php/dav/', { method: 'SEARCH', headers: { 'content-type': 'text/xml' }, body: question(remote.uid), idleTimeoutMs: 600_000 })
  if (answer.status !== 207) {
    const text = await textOf(answer)
    // No search at all, as in the sandbox: every Nextcloud that knows live photos has it.
    if (answer.status === 501) return
    throw refusal('looking for live photos', { ...answer, text })
  }
  for await (const { href, props } of readMultistatus(answer.body)) {
    const pictureId = textIn(props['metadata-files-live-photo']).trim()
    if (/^[1-9]\d*$/.test(pictureId)) yield { path: namesInHref(href).join('/'), filmId: textIn(props['fileid']), pictureId }
  }
}

const question = (uid: string): string =>
  `<?xml version="1.0"?><d:searchrequest xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"><d:basicsearch><d:select><d:prop><oc:fileid/><nc:metadata-files-live-photo/></d:prop></d:select><d:from><d:scope><d:href>/files/${escapeXml(uid)}</d:href><d:depth>infinity</d:depth></d:scope></d:from><d:where><d:eq><d:prop><d:getcontenttype/></d:prop><d:literal>video/quicktime</d:literal></d:eq></d:where></d:basicsearch></d:searchrequest>`

/** Tells a file its other half (FilesPlugin.php: handleUpdatePropertiesMetadata). */
export async function setOtherHalf(remote: Remote, path: string, otherId: string): Promise<void> {
  const body = `<?xml version="1.0"?><d:propertyupdate xmlns:d="DAV:" xmlns:nc="http://nextcloud.org/ns"><d:set><d:prop><nc:metadata-files-live-photo>${Number(otherId)}</nc:metadata-files-live-photo></d:prop></d:set></d:propertyupdate>`
  const answer = await remote.send(addressOf(remote.uid, path), { method: 'PROPPATCH', headers: { 'content-type': 'application/xml' }, body })
  const text = await textOf(answer)
  if (answer.status !== 207 || !/HTTP\/1\.\d 200/.test(text)) throw refusal(`linking "${path}"`, { ...answer, text })
}
