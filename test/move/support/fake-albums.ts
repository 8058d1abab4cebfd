import { Readable } from 'node:stream'
import type { StreamRequest } from '../../../src/kit/http-stream.ts'
import type { Remote } from '../../../src/nextcloud/remote.ts'

export interface FakeAlbum {
  location: string
  /** File ids with names. */
  readonly pictures: Map<string, string>
  readonly collaborators?: readonly string[]
}

/** Albums of one account, as apps/photos gives them over WebDAV, without a server. */
export interface FakeAlbums {
  readonly remote: Remote
  /** Undefined: there is no such app. */
  albums: Map<string, FakeAlbum> | undefined
  /** Files of the account: id by path. */
  readonly files: Map<string, string>
  readonly asked: string[]
  /** Runs around each answer; may throw. */
  meddle: (method: string, done: () => void) => void
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const entry = (href: string, props: string): string => `<d:response><d:href>${href}</d:href><d:propstat><d:prop>${props}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`
const whole = (entries: readonly string[]): string => `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns">${entries.join('')}</d:multistatus>`

export function fakeAlbums(base: string): FakeAlbums {
  const fake: FakeAlbums = {
    albums: new Map(),
    files: new Map(),
    asked: [],
    meddle: (_method, done) => {
      done()
    },
    remote: {
      base,
      uid: 'camille',
      facts: { version: '34.0.1', major: 34, capabilities: {} },
      async send(path: string, options: StreamRequest = {}) {
        const method = options.method ?? 'GET'
        fake.asked.push(`${method} ${decodeURIComponent(path)}`)
        let answer = { status: 404, text: '' }
        fake.meddle(method, () => {
          answer = act(fake, method, path, options)
        })
        return await Promise.resolve({ status: answer.status, headers: {}, body: Readable.from([Buffer.from(answer.text)]) })
      },
    },
  }
  return fake
}

interface Answer {
  readonly status: number
  readonly text: string
}

const bare = (status: number): Answer => ({ status, text: '' })

function act(fake: FakeAlbums, method: string, path: string, request: StreamRequest): Answer {
  const names = path.split('/').filter((name) => name !== '').slice(4).map(decodeURIComponent)
  if (method === 'COPY') return copy(fake, names, request)
  const [home, name = '', picture = ''] = names
  if (home !== 'albums' || fake.albums === undefined) return bare(404)
  if (method === 'MKCOL') return make(fake.albums, name)
  if (name === '') return { status: 207, text: shelf(fake.albums) }
  const album = fake.albums.get(name)
  if (album === undefined) return bare(404)
  if (method === 'PROPFIND') return { status: 207, text: listing(name, album) }
  if (method === 'PROPPATCH') return setPlace(album, request)
  if (picture === '') fake.albums.delete(name)
  else album.pictures.delete(picture.split('-')[0] ?? '')
  return bare(204)
}

function copy({ albums, files }: FakeAlbums, names: readonly string[], { headers }: StreamRequest): Answer {
  const album = albums?.get(decodeURIComponent(headers?.['destination']?.split('/').at(-2) ?? ''))
  const id = files.get(names.join('/'))
  if (album === undefined || id === undefined || album.pictures.has(id)) return bare(409)
  album.pictures.set(id, names.at(-1) ?? '')
  return bare(201)
}

function make(albums: Map<string, FakeAlbum>, name: string): Answer {
  if (albums.has(name)) return bare(405)
  albums.set(name, { location: '', pictures: new Map() })
  return bare(201)
}

function setPlace(album: FakeAlbum, { body }: StreamRequest): Answer {
  album.location = (/<nc:location>([^<]*)</.exec(typeof body === 'string' ? body : '')?.[1] ?? '').replaceAll('&amp;', '&')
  return bare(207)
}

const homeOf = '/remote.php/dav/photos/camille/albums'

function shelf(albums: ReadonlyMap<string, FakeAlbum>): string {
  const person = (label: string): string => `<nc:collaborator><nc:id>${label}</nc:id><nc:label>${label}</nc:label><nc:type>0</nc:type></nc:collaborator>`
  const own = [...albums].map(([title, { location, collaborators = [] }]) =>
    entry(`${homeOf}/${encodeURIComponent(title)}`, `<nc:location>${escaped(location)}</nc:location><nc:collaborators>${collaborators.map(person).join('')}</nc:collaborators>`),
  )
  return whole([entry(homeOf, ''), ...own])
}

function listing(name: string, { pictures }: FakeAlbum): string {
  const at = `${homeOf}/${encodeURIComponent(name)}`
  return whole([entry(at, ''), ...[...pictures].map(([id, title]) => entry(`${at}/${encodeURIComponent(`${id}-${title}`)}`, `<oc:fileid>${id}</oc:fileid>`))])
}
