import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KindName } from '../../src/move/kinds.ts'
import { comments } from '../../src/move/comments/index.ts'
import { files } from '../../src/move/files/index.ts'
import { tags } from '../../src/move/tags/index.ts'
import { ask, multistatus, propfind, type Wire } from '../conformance/wire.ts'
import { moveBetween, newJournal, type MoveForTest } from '../move/support/accounts.ts'
import { fileIdOf } from './kinds/tags.ts'
import { betweenReleases } from './support/releases.ts'
import { openSpaces, type PersonForTest, type SpacesForTest } from './support/spaces.ts'

/** Tags, comments and live photos while people go on working on both sides. */

const suite = 'what hangs on files'
const pairs = [
  ['32.0.1', '34.0.1'],
  ['28.0.2', '32.0.1'],
  ['34.0.1', '29.0.1'],
] as const
const kinds = [files, tags, comments]
let spaces: SpacesForTest

beforeAll(async () => {
  spaces = await openSpaces({ firstPort: 35_260 })
})
afterAll(async () => await spaces[Symbol.asyncDispose]())

const wireOf = ({ url, userId, password }: PersonForTest): Wire => ({ url, user: userId, password })
const pathOf = ({ userId }: PersonForTest, path: string): string => `/remote.php/dav/files/${userId}/${path}`
const json = { 'content-type': 'application/json' }

const upload = async (person: PersonForTest, path: string) => expect((await ask(wireOf(person), 'PUT', pathOf(person, path), { body: `content of ${path}` })).status).toBe(201)

async function makeTag(person: PersonForTest, name: string): Promise<string> {
  const answer = await ask(wireOf(person), 'POST', '/remote.php/dav/systemtags', { headers: json, body: JSON.stringify({ name, userVisible: true, userAssignable: true }) })
  expect([name, answer.status]).toEqual([name, 201])
  return answer.headers.get('content-location')?.split('/').at(-1) ?? ''
}

const relation = async (person: PersonForTest, path: string, id: string): Promise<string> => `/remote.php/dav/systemtags-relations/files/${await fileIdOf(person, path)}/${id}`
const putTag = async (person: PersonForTest, path: string, id: string) => expect((await ask(wireOf(person), 'PUT', await relation(person, path, id))).status).toBe(201)
const dropTag = async (person: PersonForTest, path: string, id: string) => expect((await ask(wireOf(person), 'DELETE', await relation(person, path, id))).status).toBe(204)

async function tagsOn(person: PersonForTest, path: string): Promise<string[]> {
  const found = await propfind(wireOf(person), await relation(person, path, ''), 'oc:display-name', '1')
  return found.flatMap(({ props }) => (typeof props['display-name'] === 'string' ? [props['display-name']] : [])).toSorted()
}

async function comment(person: PersonForTest, path: string, message: string): Promise<string> {
  const answer = await ask(wireOf(person), 'POST', `/remote.php/dav/comments/files/${await fileIdOf(person, path)}`, { headers: json, body: JSON.stringify({ actorType: 'users', verb: 'comment', message }) })
  return new URL(answer.headers.get('content-location') ?? '', person.url).pathname
}

/** Without their first line, oldest first. */
async function commentsOn(person: PersonForTest, path: string): Promise<string[]> {
  const body = '<?xml version="1.0"?><oc:filter-comments xmlns:oc="http://owncloud.org/ns"><oc:limit>100</oc:limit><oc:offset>0</oc:offset></oc:filter-comments>'
  const found = multistatus(await ask(wireOf(person), 'REPORT', `/remote.php/dav/comments/files/${await fileIdOf(person, path)}`, { headers: { 'content-type': 'application/xml' }, body }))
  return found.toSorted((a, b) => Number(a.props['id']) - Number(b.props['id'])).map(({ props }) => String(props['message']).replace(/^\d+ [^\n]*\n/, ''))
}

const linkOf = async (person: PersonForTest, path: string): Promise<unknown> => (await propfind(wireOf(person), pathOf(person, path), 'nc:metadata-files-live-photo'))[0]?.props['metadata-files-live-photo']

async function link(person: PersonForTest, path: string, other: string): Promise<void> {
  const body = `<?xml version="1.0"?><d:propertyupdate xmlns:d="DAV:" xmlns:nc="http://nextcloud.org/ns"><d:set><d:prop><nc:metadata-files-live-photo>${await fileIdOf(person, other)}</nc:metadata-files-live-photo></d:prop></d:set></d:propertyupdate>`
  expect((await ask(wireOf(person), 'PROPPATCH', pathOf(person, path), { headers: { 'content-type': 'application/xml' }, body })).status).toBe(207)
}

betweenReleases(suite, pairs, (name, [from, to]) => {
  describe(`${suite}: ${name}`, () => {
    let source: PersonForTest
    let destination: PersonForTest
    let move: MoveForTest
    const journal = newJournal()
    const ids: Record<string, string> = {}
    let reviewed = ''

    const pass = async (): Promise<Partial<Record<KindName, readonly string[]>>> => {
      const refused: Partial<Record<KindName, readonly string[]>> = {}
      for (const kind of kinds) refused[kind.name] = (await kind.run(move)).refused.map(({ what }) => what)
      for (const kind of kinds) expect([kind.name, (await kind.verify(move)).differing]).toEqual([kind.name, []])
      return refused
    }

    beforeAll(async () => {
      const id = `m${from}-${to}`.replaceAll('.', '')
      source = await (await spaces.space(from)).person(`${id}-old`)
      destination = await (await spaces.space(to)).person(`${id}-new`)
      for (const path of ['a.txt', 'b.txt', 'IMG.jpg', 'IMG.mov']) await upload(source, path)
      move = moveBetween({ source: source.remote, destination: destination.remote, journal: journal.path })
    })
    afterAll(() => {
      move[Symbol.dispose]()
      journal[Symbol.dispose]()
    })

    it('arrives; a tag that is for administrators there is refused', async () => {
      for (const tag of [`ours ${source.userId}`, `kept ${source.userId}`]) await putTag(source, 'a.txt', (ids[tag] = await makeTag(source, tag)))
      await putTag(source, 'b.txt', await makeTag(source, `restricted ${source.userId}`))
      await destination.space.occ('tag:add', `restricted ${source.userId}`, 'restricted')
      reviewed = await comment(source, 'a.txt', 'Relu par @lou')
      await comment(source, 'a.txt', 'Et corrigé')
      await link(source, 'IMG.jpg', 'IMG.mov')
      await link(source, 'IMG.mov', 'IMG.jpg')

      expect(await pass()).toEqual({ files: [], tags: [`b.txt (restricted ${source.userId})`], comments: [] })

      expect(await tagsOn(destination, 'a.txt')).toEqual([`kept ${source.userId}`, `ours ${source.userId}`])
      expect(await tagsOn(destination, 'b.txt')).toEqual([])
      expect(await commentsOn(destination, 'a.txt')).toEqual(['Relu par @\u2060lou', 'Et corrigé'])
      expect([await linkOf(destination, 'IMG.jpg'), await linkOf(destination, 'IMG.mov')]).toEqual([await fileIdOf(destination, 'IMG.mov'), await fileIdOf(destination, 'IMG.jpg')])
    })

    it('a second pass carries what is new, withdraws what is gone, and leaves what people did at the new host', async () => {
      await putTag(destination, 'a.txt', await makeTag(destination, `theirs ${source.userId}`))
      await comment(destination, 'a.txt', 'Bienvenue')
      await dropTag(source, 'a.txt', ids[`ours ${source.userId}`] ?? '')
      await putTag(source, 'b.txt', ids[`ours ${source.userId}`] ?? '')
      expect((await ask(wireOf(source), 'DELETE', reviewed)).status).toBe(204)
      await comment(source, 'b.txt', 'Nouveau')
      await ask(wireOf(source), 'MOVE', pathOf(source, 'b.txt'), { headers: { destination: source.url + pathOf(source, 'c.txt') } })

      await pass()

      expect(await tagsOn(destination, 'a.txt')).toEqual([`kept ${source.userId}`, `theirs ${source.userId}`])
      expect(await tagsOn(destination, 'c.txt')).toEqual([`ours ${source.userId}`])
      expect(await commentsOn(destination, 'a.txt')).toEqual(['Et corrigé', 'Bienvenue'])
      expect(await commentsOn(destination, 'c.txt')).toEqual(['Nouveau'])
    })

    it('a move without memory of the first writes nothing twice', async () => {
      using other = newJournal()
      using again = moveBetween({ source: source.remote, destination: destination.remote, journal: other.path })
      const tallies: Record<string, unknown> = {}
      for (const kind of kinds) {
        const { moved, alreadyThere } = await kind.run(again)
        tallies[kind.name] = { moved, alreadyThere }
      }

      expect(tallies).toEqual({ files: { moved: 0, alreadyThere: 4 }, tags: { moved: 0, alreadyThere: 3 }, comments: { moved: 0, alreadyThere: 2 } })
      expect(await commentsOn(destination, 'a.txt')).toEqual(['Et corrigé', 'Bienvenue'])
    })
  })
})
