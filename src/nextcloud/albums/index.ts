import { ChatonError } from '../../kit/errors.ts'
import { textOf } from '../../kit/http-stream.ts'
import { addressOf, namesInHref } from '../files/paths.ts'
import { childrenIn, listIn, readMultistatus, textIn, type DavResponse } from '../multistatus.ts'
import { refusal, sendForText, type Remote } from '../remote.ts'
import type { Album, AlbumPicture, Albums } from './contract.ts'

/** Shape: apps/photos/lib/Sabre (PropFindPlugin, Album/AlbumRoot), the same from 28 to 34 but for `filters`. */
export function openAlbums(remote: Remote): Albums {
  const at = (...names: readonly string[]): string => `${addressOf(remote.uid, '', 'photos')}/albums${names.map((name) => `/${encodeURIComponent(name)}`).join('')}`
  const shelf = async (home: string): Promise<DavResponse[] | undefined> => await unlessMissing(async () => await collected(children(remote, `${addressOf(remote.uid, '', 'photos')}/${home}`, albumQuestion)))
  return {
    list: async () => (await shelf('albums'))?.map(albumOf),
    shared: async () => ((await shelf('sharedalbums')) ?? []).map(({ href }) => nameIn(href)),
    pictures: async (album) => (await collected(children(remote, at(album), pictureQuestion))).map(pictureOf),
    async make(name) {
      const answer = await sendForText(remote, at(name), { method: 'MKCOL' })
      if (answer.status !== 201 && answer.status !== 405) throw refusal(`making the album "${name}"`, answer)
      return answer.status === 201
    },
    async setLocation(album, location) {
      const body = `<?xml version="1.0"?><d:propertyupdate xmlns:d="DAV:" xmlns:nc="http://nextcloud.org/ns"><d:set><d:prop><nc:location>${escaped(location)}</nc:location></d:prop></d:set></d:propertyupdate>`
      const answer = await sendForText(remote, at(album), { method: 'PROPPATCH', body, headers: { 'content-type': 'application/xml' } })
      if (answer.status !== 207) throw refusal(`setting the place of the album "${album}"`, answer)
    },
    async add(album, path) {
      // No picture is called so: their names begin with a number. The server looks only at what is copied.
      const headers = { destination: `${remote.base}${at(album, 'picture')}`, overwrite: 'F' }
      const answer = await sendForText(remote, addressOf(remote.uid, path), { method: 'COPY', headers })
      if (answer.status === 409) return false
      if (answer.status !== 201 && answer.status !== 204) throw refusal(`putting "${path}" into the album "${album}"`, answer)
      return true
    },
    takeOut: async (album, { fileId, name }) => await removed(remote, at(album, `${fileId}-${name}`)),
    remove: async (album) => await removed(remote, at(album)),
  }
}

const question = (names: readonly string[]): string =>
  `<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"><d:prop>${names.map((name) => `<${name}/>`).join('')}</d:prop></d:propfind>`
const albumQuestion = question(['nc:location', 'nc:collaborators', 'nc:filters'])
const pictureQuestion = question(['oc:fileid'])

async function* children(remote: Remote, path: string, body: string): AsyncGenerator<DavResponse> {
  const answer = await remote.send(`${path}/`, { method: 'PROPFIND', headers: { depth: '1', 'content-type': 'application/xml' }, body })
  if (answer.status !== 207) throw refusal('listing photo albums', { ...answer, text: await textOf(answer) })
  const own = namesInHref(path).length
  for await (const response of readMultistatus(answer.body)) if (namesInHref(response.href).length > own) yield response
}

async function collected<T>(found: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of found) all.push(one)
  return all
}

/** Called `<file id>-<name>`. */
function pictureOf({ href, props }: DavResponse): AlbumPicture {
  const called = nameIn(href)
  const fileId = textIn(props['fileid']) || (/^\d+/.exec(called)?.[0] ?? '')
  return { fileId, name: called.replace(/^\d+-/, '') }
}

const nameIn = (href: string): string => namesInHref(href).at(-1) ?? ''

/** IShare::TYPE_LINK. */
const linkType = '3'

function albumOf({ href, props }: DavResponse): Album {
  const found = listIn(childrenIn(props['collaborators'])['collaborator']).map((one) => childrenIn(one))
  const links = found.filter(({ type }) => textIn(type) === linkType)
  const filters = textIn(props['filters'])
  return {
    name: nameIn(href),
    location: textIn(props['location']),
    collaborators: found.filter((one) => !links.includes(one)).map(({ label, id }) => textIn(label) || textIn(id)),
    link: links.length > 0,
    filtered: filters !== '' && filters !== '[]' && filters !== '{}' && filters !== 'null',
  }
}

async function unlessMissing<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof ChatonError && error.code === 'not-found') return undefined
    throw error
  }
}

async function removed(remote: Remote, path: string): Promise<void> {
  const answer = await sendForText(remote, path, { method: 'DELETE' })
  if (answer.status !== 204 && answer.status !== 200 && answer.status !== 404) throw refusal('taking out of a photo album', answer)
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
