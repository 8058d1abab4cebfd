import { afterEach, beforeEach, expect, test } from 'vitest'
import { albums } from '../../../src/move/albums/index.ts'
import type { Item } from '../../../src/move/journal.ts'
import { moveBetween, newJournal, type MoveForTest } from '../support/accounts.ts'
import { fakeAlbums, type FakeAlbums } from '../support/fake-albums.ts'

let source: FakeAlbums
let destination: FakeAlbums
let move: MoveForTest
let journal: ReturnType<typeof newJournal>

const file = (key: string, sourceId: string, destinationId: string): Item => ({
  key, state: 'moved', sourceId, sourceMark: '', destinationKey: `Images/${key}`, destinationId, destinationMark: undefined, bytes: 0, extra: {}, reason: undefined, next: undefined, pass: 1,
})
const at = (): unknown => [...(destination.albums ?? [])].map(([name, { location, pictures }]) => [name, location, [...pictures.keys()].toSorted()])

beforeEach(() => {
  journal = newJournal()
  source = fakeAlbums('https://old.example')
  destination = fakeAlbums('https://new.example')
  move = moveBetween({ source: source.remote, destination: destination.remote, journal: journal.path })
  for (const [key, id] of [['a.jpg', '1'], ['b & c.jpg', '2']] as const) {
    move.journal.put('files', file(key, id, `9${id}`))
    destination.files.set(`Images/${key}`, `9${id}`)
  }
  source.albums?.set('Été', { location: 'Brest & co', pictures: new Map([['1', 'a.jpg'], ['2', 'b & c.jpg'], ['3', 'of-lou.jpg']]), collaborators: ['lou'] })
})
afterEach(() => {
  move[Symbol.dispose]()
  journal[Symbol.dispose]()
})

test('name, place and pictures; those of others and collaborators are told', async () => {
  const tally = await albums.run(move)

  expect(at()).toEqual([['Été', 'Brest & co', ['91', '92']]])
  expect(tally).toMatchObject({ moved: 1, renamed: [] })
  expect(tally.refused.map(({ what, reason }) => `${what}: ${reason}`)).toEqual(['Été: the album is shared with lou: the new one is yours alone', 'of-lou.jpg, Été: the picture belongs to somebody else, or was not carried'])
  expect(await albums.verify(move)).toEqual({ checked: 1, differing: [] })
})

test('one of the same name that was there is not touched', async () => {
  destination.albums?.set('Été', { location: 'Ailleurs', pictures: new Map([['50', 'x.jpg']]) })

  const tally = await albums.run(move)

  expect(at()).toEqual([['Été', 'Ailleurs', ['50']], ['Été (old.example)', 'Brest & co', ['91', '92']]])
  expect(tally.renamed).toEqual([{ what: 'Été', as: 'Été (old.example)' }])
})

test('a second pass writes nothing; later ones follow what changes at the source', async () => {
  await albums.run(move)
  const before = move.journal.fingerprint()
  destination.asked.length = 0
  await albums.run(move)
  expect(move.journal.fingerprint()).toBe(before)
  expect(destination.asked.filter((asked) => !asked.startsWith('PROPFIND'))).toEqual([])

  const album = source.albums?.get('Été')
  album?.pictures.delete('2')
  if (album !== undefined) album.location = 'Quimper'
  await albums.run(move)
  expect(at()).toEqual([['Été', 'Quimper', ['91']]])

  source.albums?.clear()
  await albums.run(move)
  expect(at()).toEqual([])
})

test('an album into which somebody put a picture at the destination stays when it is gone at the source', async () => {
  await albums.run(move)
  destination.albums?.get('Été')?.pictures.set('77', 'new.jpg')
  source.albums?.clear()

  await albums.run(move)

  expect(at()).toEqual([['Été', 'Brest & co', ['77']]])
})

test('deleted at the destination, it stays deleted, and the report says so', async () => {
  await albums.run(move)
  destination.albums?.clear()
  await albums.run(move)

  const tally = await albums.run(move)

  expect(at()).toEqual([])
  expect(tally.refused).toContainEqual(expect.objectContaining({ what: 'Été', reason: 'the album was deleted at the new host since it was moved' }))
})

test.each(['MKCOL', 'PROPPATCH', 'COPY'])('killed after the server did %s: the next run goes on with the same album', async (method) => {
  destination.meddle = (asked, done) => {
    done()
    if (asked === method) throw new Error('killed')
  }
  await expect(albums.run(move)).rejects.toThrow('killed')
  destination.meddle = (_asked, done) => {
    done()
  }

  await albums.run(move)

  expect(at()).toEqual([['Été', 'Brest & co', ['91', '92']]])
})

test('without the app: nothing to carry from there, and told where it cannot be carried to', async () => {
  destination.albums = undefined
  expect((await albums.run(move)).refused).toContainEqual(expect.objectContaining({ what: 'Été', reason: 'the new host has no photo albums' }))

  source.albums = undefined
  expect(await albums.inventory(move)).toEqual({ count: 0, left: [] })
})
