import { Readable } from 'node:stream'
import type { StreamAnswer, StreamRequest } from '../../../src/kit/http-stream.ts'

/** Tags of one server and the files of one account that have them, as WebDAV tells of both. */
export class TaggedFiles {
  /** Names by id. */
  readonly tags = new Map<string, string>()
  /** Paths by file id. */
  readonly files = new Map<string, string>()
  /** `<file id>/<tag id>`. */
  readonly relations = new Set<string>()
  /** Only administrators make tags. */
  closed = false
  /** Called when a relation was set, before the answer. */
  stored: () => void = () => undefined

  readonly send = async (path: string, { method = 'GET', body = '' }: StreamRequest = {}): Promise<StreamAnswer> => {
    const [, area = '', ...rest] = path.replace(/\/$/, '').split('/').slice(2)
    const text = typeof body === 'string' ? body : ''
    const [status, answer = '', headers = {}] = this.#answer(`${method} ${area}`, rest, text)
    return await Promise.resolve({ status, headers, body: Readable.from([Buffer.from(answer)]) })
  }

  #answer(call: string, rest: readonly string[], body: string): readonly [status: number, text?: string, headers?: Record<string, string>] {
    const relation = rest.slice(1).join('/')
    switch (call) {
      case 'PROPFIND systemtags':
        return [207, this.#listed([...this.tags.keys()])]
      case 'PROPFIND systemtags-assigned':
        return [207, this.#listed([...this.tags.keys()].filter((id) => [...this.relations].some((one) => one.endsWith(`/${id}`))))]
      case 'REPORT files':
        return [207, this.#withTag(/<oc:systemtag>(\d+)</.exec(body)?.[1] ?? '')]
      case 'POST systemtags':
        return this.closed ? [403] : [201, '', { 'content-location': `/remote.php/dav/systemtags/${this.#make(body)}` }]
      case 'PUT systemtags-relations':
        if (this.relations.has(relation)) return [409]
        this.relations.add(relation)
        this.stored()
        return [201]
      case 'DELETE systemtags-relations':
        return [this.relations.delete(relation) ? 204 : 404]
      default:
        return [501]
    }
  }

  #make(body: string): string {
    const id = String(this.tags.size + 1)
    this.tags.set(id, (JSON.parse(body) as { name: string }).name)
    return id
  }

  #listed(ids: readonly string[]): string {
    return multistatus(ids.map((id) => [`systemtags/${id}`, `<oc:id>${id}</oc:id><oc:display-name>${this.tags.get(id) ?? ''}</oc:display-name><oc:can-assign>true</oc:can-assign>`]))
  }

  #withTag(tagId: string): string {
    const found = [...this.files].filter(([fileId]) => this.relations.has(`${fileId}/${tagId}`))
    return multistatus(found.map(([fileId, path]) => [`files/camille/${path}`, `<oc:fileid>${fileId}</oc:fileid>`]))
  }
}

function multistatus(entries: readonly (readonly [href: string, props: string])[]): string {
  const responses = entries.map(([href, props]) => `<d:response><d:href>/remote.php/dav/${href}</d:href><d:propstat><d:prop>${props}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`)
  return `<d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">${responses.join('')}</d:multistatus>`
}
