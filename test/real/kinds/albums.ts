import { expect } from 'vitest'
import { ask, propfind, type Wire } from '../../conformance/wire.ts'
import type { PersonForTest } from '../support/spaces.ts'
import type { KindFixture } from './contract.ts'

const wireOf = ({ url, userId, password }: PersonForTest): Wire => ({ url, user: userId, password })
const home = ({ userId }: PersonForTest): string => `/remote.php/dav/photos/${userId}/albums/`
const album = 'Été & mer'
const paths = ['many/1.txt', 'Été/plage & mer.txt']
const place = '<?xml version="1.0"?><d:propertyupdate xmlns:d="DAV:" xmlns:nc="http://nextcloud.org/ns"><d:set><d:prop><nc:location>Brest &amp; côte</nc:location></d:prop></d:set></d:propertyupdate>'

/** Names of the files in an album, without the numbers that servers put before them. */
async function namesIn(person: PersonForTest): Promise<string[]> {
  const found = await propfind(wireOf(person), home(person) + encodeURIComponent(album), 'oc:fileid', '1')
  return found.map(({ href }) => decodeURIComponent(href.split('/').at(-1) ?? '').replace(/^\d+-/, '')).filter((name) => name !== '' && name !== album).toSorted()
}

/** After the files; any file can be in an album. */
export const albumsFixture: KindFixture = {
  kind: 'albums',
  async plant(source) {
    const at = home(source) + encodeURIComponent(album)
    expect((await ask(wireOf(source), 'MKCOL', at)).status).toBe(201)
    expect((await ask(wireOf(source), 'PROPPATCH', at, { body: place, headers: { 'content-type': 'application/xml' } })).status).toBe(207)
    for (const path of paths) {
      const from = `/remote.php/dav/files/${source.userId}/${path.split('/').map(encodeURIComponent).join('/')}`
      expect((await ask(wireOf(source), 'COPY', from, { headers: { destination: `${source.url}${at}/new` } })).status).toBe(201)
    }
  },
  async check(source, destination) {
    expect(await namesIn(source)).toHaveLength(2)
    expect(await namesIn(destination)).toEqual(await namesIn(source))
    const [found] = await propfind(wireOf(destination), home(destination) + encodeURIComponent(album), 'nc:location')
    expect(found?.props['location']).toBe('Brest & côte')
  },
}
