import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contacts } from '../../../src/move/contacts/index.ts'
import { openAddressBooks } from '../../../src/nextcloud/carddav/index.ts'
import type { Remote } from '../../../src/nextcloud/remote.ts'
import { fixture, fixturesIn } from '../../support/fixtures.ts'
import { moveBetween, newJournal, twoAccounts, type Accounts } from '../support/accounts.ts'
import { meddled } from '../support/meddle.ts'

const cards = fixturesIn('vcard')
const book = { displayName: 'Voisines & amis', description: 'Du 12', enabled: false }

let spaces: Accounts
beforeAll(async () => {
  spaces = await twoAccounts()
})
afterAll(async () => await spaces[Symbol.asyncDispose]())

async function put(remote: Remote, uri: string, name: string, data: string): Promise<void> {
  expect((await openAddressBooks(remote).collection(uri).put(name, data, 'new')).outcome).toBe('written')
}

async function contents(remote: Remote, uri: string): Promise<Map<string, string>> {
  const collection = openAddressBooks(remote).collection(uri)
  const { changed } = await collection.changes()
  return new Map([...(await collection.read(changed.map(({ name }) => name)))].map(([name, { data }]) => [name, data] as const))
}

describe('contacts', () => {
  it('move whole: cards of every version byte by byte, photos and groups with them, and the look of the books', async () => {
    const { source, destination } = await spaces.another()
    using journal = newJournal()
    await openAddressBooks(source).create('voisines', book)
    await openAddressBooks(source).setBook('voisines', book)
    for (const [name, data] of cards) await put(source, name.startsWith('v4') ? 'voisines' : 'contacts', name, data)
    using move = moveBetween({ source, destination, journal: journal.path })
    expect(await contacts.inventory(move)).toEqual({ count: cards.size + 2, left: [] })
    expect(await contacts.run(move)).toMatchObject({ moved: cards.size + 1, alreadyThere: 1, refused: [] })
    expect(new Map([...(await contents(destination, 'contacts')), ...(await contents(destination, 'voisines'))])).toEqual(cards)
    expect((await openAddressBooks(destination).list()).find(({ uri }) => uri === 'voisines')).toMatchObject({ properties: book })
    expect(await contacts.verify(move)).toEqual({ checked: cards.size + 2, differing: [] })
  })

  it('a card that is there with another content is not touched, and the report says what to do', async () => {
    const { source, destination } = await spaces.another()
    using journal = newJournal()
    const card = fixture('vcard/v4-full.vcf')
    const other = card.replace('Yannick Le Goff', 'Yannick Le Goff-Martin')
    await put(source, 'contacts', 'yannick.vcf', card)
    await put(source, 'contacts', 'equipe.vcf', fixture('vcard/v4-group.vcf'))
    await put(destination, 'contacts', 'another-name.vcf', other)
    await put(destination, 'contacts', 'equipe.vcf', fixture('vcard/v4-group.vcf'))
    using move = moveBetween({ source, destination, journal: journal.path })
    expect(await contacts.run(move)).toMatchObject({
      moved: 0,
      alreadyThere: 2,
      refused: [{ what: 'Yannick Le Goff, in Contacts', reason: 'the new host has it already, with another content; it was not touched', next: expect.stringContaining('look at the contact on both sides') }],
    })
    expect((await contents(destination, 'contacts')).get('another-name.vcf')).toBe(other)
  })

  it('lists of a server that gives them in pages are read to their end', async () => {
    const { source, destination } = await spaces.another()
    using journal = newJournal()
    for (let number = 0; number < 7; number++) await put(source, 'contacts', `${number}.vcf`, `BEGIN:VCARD\r\nVERSION:3.0\r\nUID:${number}\r\nFN:${number}\r\nEND:VCARD\r\n`)
    const whole = await openAddressBooks(source).collection('contacts').changes()
    const paged = meddled(source, ({ method, body }) => (method === 'REPORT' && body.includes('sync-collection') ? pageOf(body) : undefined))
    const pageOf = (body: string) => {
      const start = Number(/init_(\d+)</.exec(body)?.[1] ?? 0)
      const marks = whole.changed.slice(start, start + 3)
      const more = start + 3 < whole.changed.length
      const responses = marks.map(({ name, etag }) => `<d:response><d:href>/remote.php/dav/addressbooks/users/x/contacts/${name}</d:href><d:propstat><d:prop><d:getetag>&quot;${etag}&quot;</d:getetag></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`)
      const rest = more ? '<d:response><d:href>/remote.php/dav/addressbooks/users/x/contacts/</d:href><d:status>HTTP/1.1 507 Insufficient Storage</d:status></d:response>' : ''
      return { status: 207, text: `<?xml version="1.0"?>\n<d:multistatus xmlns:d="DAV:">${responses.join('')}${rest}<d:sync-token>${more ? `init_${start + 3}` : whole.token}</d:sync-token></d:multistatus>` }
    }
    using move = moveBetween({ source: paged, destination, journal: journal.path })
    expect(await contacts.run(move)).toMatchObject({ moved: 7, alreadyThere: 1, refused: [] })
    expect(paged.asked.filter(({ body }) => body.includes('sync-collection')).length).toBe(3)
  })

  it('a book of somebody else and one that an app makes are told, and not copied', async () => {
    const { source, destination } = await spaces.another()
    using journal = newJournal()
    const one = (uri: string, name: string, owner: string): string =>
      `<d:response><d:href>/remote.php/dav/addressbooks/users/x/${uri}/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/><card:addressbook/></d:resourcetype><d:displayname>${name}</d:displayname><oc:owner-principal>principals/users/${owner}</oc:owner-principal><n:owner-displayname>Bob &amp; co</n:owner-displayname></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`
    const home = `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:card="urn:ietf:params:xml:ns:carddav" xmlns:oc="http://owncloud.org/ns" xmlns:n="http://nextcloud.com/ns">${one('z-server-generated--system', 'Accounts', 'system')}${one('z-app-generated--contactsinteraction--recent', 'Recently contacted', source.uid)}${one('club_shared_by_bob', 'Club (Bob)', 'bob')}</d:multistatus>`
    const told = meddled(source, ({ method, path }) => (method === 'PROPFIND' && path.endsWith(`/${source.uid}/`) ? { status: 207, text: home } : undefined))
    using move = moveBetween({ source: told, destination, journal: journal.path })
    const { count, left } = await contacts.inventory(move)
    expect(count).toBe(0)
    expect(left).toEqual([
      { what: 'Club (Bob)', reason: 'the address book belongs to Bob & co, who shares it with you', next: 'ask Bob & co to share it with your new account' },
      { what: 'Recently contacted', reason: 'an app makes this address book from its own data; at the new host it makes its own' },
    ])
    expect(await contacts.run(move)).toEqual({ moved: 0, alreadyThere: 0, refused: left, bytes: 0 })
  })

  it('a book that is shared moves, and the report says that its sharing does not, until it is taken back', async () => {
    const { source, destination } = await spaces.another()
    using journal = newJournal()
    await openAddressBooks(source).create('voisines', book)
    await put(source, 'voisines', 'equipe.vcf', fixture('vcard/v4-group.vcf'))
    // As 32.0.1 answers.
    const one = (invite: string): string => `<d:response><d:href>/remote.php/dav/addressbooks/users/${source.uid}/voisines/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/><card:addressbook/></d:resourcetype><d:displayname>Voisines</d:displayname><oc:invite>${invite}</oc:invite></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`
    let invite = '<oc:user><d:href>principal:principals/users/bob</d:href><oc:common-name>Bob</oc:common-name><oc:invite-accepted/><oc:access><oc:read/></oc:access></oc:user>'
    const home = (): string => `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:card="urn:ietf:params:xml:ns:carddav" xmlns:oc="http://owncloud.org/ns">${one(invite)}</d:multistatus>`
    const told = meddled(source, ({ method, path }) => (method === 'PROPFIND' && path.endsWith(`/${source.uid}/`) ? { status: 207, text: home() } : undefined))
    using move = moveBetween({ source: told, destination, journal: journal.path })
    const left = [{ what: 'Voisines', reason: 'shared with Bob: sharing does not move with calendars and address books', next: 'share it again by hand at the new host' }]
    expect(await contacts.inventory(move)).toEqual({ count: 2, left })
    for (let pass = 1; pass <= 2; pass++) expect(await contacts.run(move)).toMatchObject({ moved: 2, alreadyThere: 0, refused: left })
    expect(told.asked.some(({ method, body }) => method === 'PROPFIND' && body.includes('<oc:invite/>'))).toBe(true)
    expect(await contents(destination, 'voisines')).toEqual(await contents(source, 'voisines'))
    expect((await contacts.verify(move)).differing).toEqual([])
    invite = ''
    expect(await contacts.run(move)).toMatchObject({ moved: 2, refused: [] })
  })
})
