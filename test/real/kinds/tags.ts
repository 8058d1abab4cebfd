import { expect } from 'vitest'
import { ask, propfind, type Wire } from '../../conformance/wire.ts'
import type { PersonForTest } from '../support/spaces.ts'
import type { KindFixture } from './contract.ts'

const wireOf = ({ url, userId, password }: PersonForTest): Wire => ({ url, user: userId, password })
const pathOf = (person: PersonForTest, path: string): string => `/remote.php/dav/files/${person.userId}/${path.split('/').map(encodeURIComponent).join('/')}`

export async function fileIdOf(person: PersonForTest, path: string): Promise<string> {
  const [found] = await propfind(wireOf(person), pathOf(person, path), 'oc:fileid')
  return String(found?.props['fileid'])
}

const tagged = ['many', 'many/7.txt', 'Été/plage & mer.txt']
/** Tags belong to the whole server: the second is at the destination only if the move made it. */
const tagsOf = ({ userId }: PersonForTest): readonly string[] => ['À relire', `only ${userId}`]

/** The tag's id; made where it is not there yet. */
async function tag(person: PersonForTest, name: string): Promise<string> {
  const answer = await ask(wireOf(person), 'POST', '/remote.php/dav/systemtags', { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name, userVisible: true, userAssignable: true }) })
  if (answer.status === 201) return answer.headers.get('content-location')?.split('/').at(-1) ?? ''
  const found = await propfind(wireOf(person), '/remote.php/dav/systemtags/', 'oc:id oc:display-name', '1')
  return String(found.find(({ props }) => props['display-name'] === name)?.props['id'])
}

async function tagsOn(person: PersonForTest, path: string): Promise<string[]> {
  const found = await propfind(wireOf(person), `/remote.php/dav/systemtags-relations/files/${await fileIdOf(person, path)}/`, 'oc:display-name', '1')
  return found.flatMap(({ props }) => (typeof props['display-name'] === 'string' ? [props['display-name']] : [])).toSorted()
}

/** After the files. */
export const tagsFixture: KindFixture = {
  kind: 'tags',
  async plant(source) {
    for (const name of tagsOf(source)) {
      const id = await tag(source, name)
      for (const path of tagged) expect((await ask(wireOf(source), 'PUT', `/remote.php/dav/systemtags-relations/files/${await fileIdOf(source, path)}/${id}`)).status).toBe(201)
    }
  },
  async check(source, destination) {
    for (const path of tagged) expect([path, await tagsOn(destination, path)]).toEqual([path, [...tagsOf(source)].toSorted()])
    expect(await tagsOn(destination, 'middle.bin')).toEqual([])
  },
}
