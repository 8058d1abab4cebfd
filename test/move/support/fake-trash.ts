import { Readable } from 'node:stream'
import type { StreamAnswer, StreamRequest } from '../../../src/kit/http-stream.ts'

export interface Trashed {
  /** Where it was. */
  readonly location: string
  readonly content: string
}

const deletedAt = 1_700_000_000

/** The trash of one account, as WebDAV tells of it; what is deleted from it is gone. */
export class FakeTrash {
  /** By name in the trash. */
  readonly things = new Map<string, Trashed>()

  throwAway(location: string, content: string): void {
    this.things.set(`${location.slice(location.lastIndexOf('/') + 1)}.d${deletedAt}`, { location, content })
  }

  readonly send = async (path: string, { method = 'GET' }: StreamRequest = {}): Promise<StreamAnswer> => {
    const name = decodeURIComponent(path.slice(path.lastIndexOf('/') + 1))
    const thing = this.things.get(name)
    if (method === 'PROPFIND') return await answered(207, this.#listed())
    if (method === 'DELETE') return await answered(this.things.delete(name) ? 204 : 404)
    return thing === undefined ? await answered(404) : await answered(200, thing.content)
  }

  #listed(): string {
    const entries = [...this.things].map(
      ([name, { location, content }], index) =>
        `<d:response><d:href>/remote.php/dav/trashbin/camille/trash/${encodeURIComponent(name)}</d:href><d:propstat><d:status>HTTP/1.1 200 OK</d:status><d:prop><d:resourcetype/><d:getlastmodified>${new Date(deletedAt * 1000).toUTCString()}</d:getlastmodified><d:getcontentlength>${content.length}</d:getcontentlength><oc:fileid>${9000 + index}</oc:fileid><nc:trashbin-original-location>${location}</nc:trashbin-original-location><nc:trashbin-deletion-time>${deletedAt}</nc:trashbin-deletion-time></d:prop></d:propstat></d:response>`,
    )
    return `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns">${entries.join('')}</d:multistatus>`
  }
}

async function answered(status: number, text = ''): Promise<StreamAnswer> {
  return await Promise.resolve({ status, headers: { 'content-length': String(text.length), etag: '"e"' }, body: Readable.from([Buffer.from(text)]) })
}
