import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { calendars } from '../../../src/move/calendars/index.ts'
import { contacts } from '../../../src/move/contacts/index.ts'
import { openCalendars } from '../../../src/nextcloud/caldav/index.ts'
import { openAddressBooks } from '../../../src/nextcloud/carddav/index.ts'
import type { RemoteCollection } from '../../../src/nextcloud/groupware/contract.ts'
import { moveBetween, newJournal, twoAccounts, type Accounts } from '../support/accounts.ts'
import { meddled } from '../support/meddle.ts'

const card = (uid: string, note = 'bees'): string => `BEGIN:VCARD\r\nVERSION:3.0\r\nUID:${uid}\r\nFN:${uid}\r\nNOTE:${note}\r\nEND:VCARD\r\n`
const event = (uid: string, summary = uid): string =>
  `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//EN\r\nBEGIN:VEVENT\r\nUID:${uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20310101T100000Z\r\nSUMMARY:${summary}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`

async function add(collection: RemoteCollection, name: string, data: string): Promise<void> {
  expect((await collection.put(name, data, 'new')).outcome).toBe('written')
}

async function take(collection: RemoteCollection, name: string): Promise<string> {
  const { etag = '', data = '' } = (await collection.read([name])).get(name) ?? {}
  expect(await collection.remove(name, etag)).toBe('removed')
  return data
}

async function contents(collection: RemoteCollection): Promise<string[]> {
  const { changed } = await collection.changes()
  return [...(await collection.read(changed.map(({ name }) => name))).values()].map(({ data }) => data).toSorted()
}

let spaces: Accounts
beforeAll(async () => {
  spaces = await twoAccounts()
})
afterAll(async () => await spaces[Symbol.asyncDispose]())

const books = { displayName: 'Club', description: undefined, enabled: true }
const uids = ['ada', 'bob', 'cy']

describe('what the source has anew', () => {
  it('under other names, with the same UIDs: stays at the destination, and is brought up to date', async () => {
    const accounts = await spaces.another()
    using journal = newJournal()
    await openAddressBooks(accounts.source).create('club', books)
    const [source, destination] = [accounts.source, accounts.destination].map((remote) => openAddressBooks(remote).collection('club'))
    for (const uid of uids) await add(source!, `old-${uid}.vcf`, card(uid))
    using move = moveBetween({ ...accounts, journal: journal.path })
    await contacts.run(move)
    for (const uid of uids) {
      await take(source!, `old-${uid}.vcf`)
      await add(source!, `new-${uid}.vcf`, card(uid, uid === 'cy' ? 'wasps' : 'bees'))
    }
    expect(await contacts.run(move)).toMatchObject({ refused: [] })
    expect(await contents(destination!)).toEqual([card('ada'), card('bob'), card('cy', 'wasps')])
    expect(await contacts.verify(move)).toMatchObject({ differing: [] })
    await take(source!, 'new-ada.vcf')
    await contacts.run(move)
    expect(await contents(destination!)).toEqual([card('bob'), card('cy', 'wasps')])
  })

  it('under other names, where the destination was changed meanwhile: it keeps its own', async () => {
    const accounts = await spaces.another()
    using journal = newJournal()
    const [source, destination] = [accounts.source, accounts.destination].map((remote) => openAddressBooks(remote).collection('contacts'))
    await add(source!, 'old.vcf', card('ada'))
    using move = moveBetween({ ...accounts, journal: journal.path })
    await contacts.run(move)
    const there = (await destination!.read(['old.vcf'])).get('old.vcf')
    await destination!.put('old.vcf', card('ada', 'mine'), { etag: there?.etag ?? '' })
    await take(source!, 'old.vcf')
    await add(source!, 'new.vcf', card('ada', 'theirs'))
    expect(await contacts.run(move)).toMatchObject({ refused: [{ reason: 'the new host has it already, with another content; it was not touched' }] })
    expect(await contents(destination!)).toEqual([card('ada', 'mine')])
  })

  it('a whole address book, deleted and made under its old address: its contacts come, the former ones go', async () => {
    const accounts = await spaces.another()
    using journal = newJournal()
    const home = openAddressBooks(accounts.source)
    await home.create('club', books)
    for (const uid of uids) await add(home.collection('club'), `${uid}.vcf`, card(uid))
    // As Nextcloud does after a collection of a higher number was deleted: the token is a number, and nothing is newer.
    const source = meddled(accounts.source, ({ method, body }) => (method === 'REPORT' && /<d:sync-token>[^<]/.test(body) ? { status: 207, text: '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:"><d:sync-token>http://sabre.io/ns/sync/2</d:sync-token></d:multistatus>' } : undefined))
    using move = moveBetween({ ...accounts, source, journal: journal.path })
    await contacts.run(move)
    await home.remove('club')
    await home.create('club', books)
    await add(home.collection('club'), 'dan.vcf', card('dan'))
    await contacts.run(move)
    expect(await contents(openAddressBooks(accounts.destination).collection('club'))).toEqual([card('dan')])
    expect(await contacts.verify(move)).toMatchObject({ differing: [] })
  })

  it('a calendar out of the trash: it and its events follow into the trash, and come again', async () => {
    const accounts = await spaces.another()
    using journal = newJournal()
    const [home, there] = [openCalendars(accounts.source), openCalendars(accounts.destination)]
    await home.create('garden', { displayName: 'Garden', description: undefined, colour: '#00aa00', order: 1, timezone: undefined, transparent: false, enabled: true, components: ['VEVENT'] })
    await add(home.collection('garden'), 'a.ics', event('a'))
    let trashed = false
    const source = meddled(accounts.source, ({ method, path, headers }) =>
      trashed && method === 'PROPFIND' && headers['depth'] === '1' && path.endsWith(`calendars/${accounts.source.uid}/`) ? { status: 207, text: trashedList } : undefined,
    )
    using move = moveBetween({ source, destination: accounts.destination, journal: journal.path })
    await calendars.run(move)
    const uris = async (): Promise<string[]> => (await there.list()).map(({ uri }) => uri)
    expect(await uris()).toContain('garden')
    const trashedList = `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:nc="http://nextcloud.com/ns"><d:response><d:href>/remote.php/dav/calendars/${accounts.source.uid}/garden/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/><nc:deleted-calendar/></d:resourcetype><d:displayname>Garden</d:displayname></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>`
    trashed = true
    await calendars.run(move)
    expect(await uris()).not.toContain('garden')
    await calendars.run(move)
    expect((await calendars.run(move)).refused).toMatchObject([{ what: 'Garden', reason: 'the calendar is in the trash' }])
    trashed = false
    await calendars.run(move)
    expect(await contents(there.collection('garden'))).toEqual([event('a')])
    expect(await calendars.verify(move)).toMatchObject({ differing: [] })
  })
})

describe('an event that this move deleted at the destination, into the trash there', () => {
  const said = 'An exception occurred while executing a query: SQLSTATE[23505]: Unique violation: "calobjects_by_uid_index"'
  const refusal = { status: 500, text: `<?xml version="1.0"?><d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"><s:message>${said}</s:message></d:error>` }
  const listOf = (trash: ReadonlyMap<string, { readonly etag: string }>): string =>
    `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:nc="http://nextcloud.com/ns">${[...trash].map(([uid, { etag }]) => `<d:response><d:href>/remote.php/dav/calendars/x/trashbin/objects/${uid}-deleted.ics</d:href><d:propstat><d:prop><d:getetag>"${etag}"</d:getetag><nc:calendar-uri>personal</nc:calendar-uri></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`).join('')}</d:multistatus>`

  /** The destination with a trash, as Nextcloud has one. */
  async function withTrash(): Promise<{ readonly accounts: Pick<Accounts, 'source' | 'destination'>; readonly trash: Map<string, { readonly etag: string; readonly data: string }> }> {
    const { source, destination } = await spaces.another()
    const trash = new Map<string, { readonly etag: string; readonly data: string }>()
    const collection = openCalendars(destination).collection('personal')
    const remote = meddled(destination, ({ method, path, body }) => {
      if (method === 'REPORT' && path.endsWith('trashbin/objects/')) return { status: 207, text: listOf(trash) }
      const [, uid = ''] = /UID:(.*)\r/.exec(body) ?? []
      return method === 'PUT' && trash.has(uid) ? refusal : undefined
    })
    return {
      trash,
      accounts: {
        source,
        destination: {
          ...remote,
          async send(path, options = {}) {
            if (options.method === 'DELETE') for (const { name, etag, data } of (await collection.read([path.split('/').at(-1) ?? ''])).values()) trash.set(name.replace('.ics', ''), { etag, data })
            if (options.method !== 'MOVE') return await remote.send(path, options)
            const [, uid = ''] = /(\w+)-deleted/.exec(path) ?? []
            const lies = trash.get(uid)
            trash.delete(uid)
            return await destination.send(`/remote.php/dav/calendars/${destination.uid}/personal/${uid}.ics`, { method: 'PUT', headers: { 'content-type': 'text/calendar' }, body: lies?.data ?? '' })
          },
        },
      },
    }
  }

  it('comes back out of it when the source has it again, and is brought up to date', async () => {
    const { accounts, trash } = await withTrash()
    using journal = newJournal()
    const source = openCalendars(accounts.source).collection('personal')
    for (const uid of ['a', 'b']) await add(source, `${uid}.ics`, event(uid))
    using move = moveBetween({ ...accounts, journal: journal.path })
    await calendars.run(move)
    for (const uid of ['a', 'b']) await take(source, `${uid}.ics`)
    await calendars.run(move)
    expect([...trash.keys()]).toEqual(['a', 'b'])
    await add(source, 'a.ics', event('a'))
    await add(source, 'other.ics', event('b', 'later'))
    expect(await calendars.run(move)).toMatchObject({ moved: 2, refused: [] })
    expect([await contents(openCalendars(accounts.destination).collection('personal')), trash.size]).toEqual([[event('a'), event('b', 'later')].toSorted(), 0])
    expect(await calendars.verify(move)).toMatchObject({ differing: [] })
  })

  it('stays there where somebody else put it, and the person is told', async () => {
    const { accounts, trash } = await withTrash()
    using journal = newJournal()
    await add(openCalendars(accounts.source).collection('personal'), 'a.ics', event('a'))
    trash.set('a', { etag: 'theirs', data: event('a', 'theirs') })
    using move = moveBetween({ ...accounts, journal: journal.path })
    expect((await calendars.run(move)).refused).toMatchObject([{ reason: 'one with the same UID lies in the trash of the new account' }])
    expect(trash.size).toBe(1)
  })
})
