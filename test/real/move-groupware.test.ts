import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock, type Clock } from '../../src/kit/clock.ts'
import { calendars } from '../../src/move/calendars/index.ts'
import { contacts } from '../../src/move/contacts/index.ts'
import type { CalendarProperties } from '../../src/nextcloud/caldav/contract.ts'
import { openCalendars } from '../../src/nextcloud/caldav/index.ts'
import { silence } from '../../src/nextcloud/caldav/silence.ts'
import { trashedObjects } from '../../src/nextcloud/caldav/trash.ts'
import { openAddressBooks } from '../../src/nextcloud/carddav/index.ts'
import type { RemoteCollection } from '../../src/nextcloud/groupware/contract.ts'
import type { Remote } from '../../src/nextcloud/remote.ts'
import { ask } from '../conformance/wire.ts'
import { startSmtpServer, type TestServer } from '../mail/smtp/server.ts'
import { moveBetween, newJournal } from '../move/support/accounts.ts'
import { fixture, fixturesIn } from '../support/fixtures.ts'
import { betweenReleases } from './support/releases.ts'
import { openTwoSpaces, type AccountForTest, type TwoSpaces } from './support/two-spaces.ts'

const pairs = [['28.0.2', '34.0.1'], ['32.0.1', '34.0.1'], ['34.0.1', '29.0.1']] as const
const objects = new Map([...fixturesIn('ical')].filter(([name]) => !name.startsWith('broken-')))
const cards = fixturesIn('vcard')
const work: CalendarProperties = { displayName: 'Chantier & co 🔨', description: 'Tout\nle bois', colour: '#aa5500', order: 4, timezone: undefined, transparent: true, enabled: false, components: ['VEVENT', 'VTODO', 'VJOURNAL'] }
const book = { displayName: 'Voisines', description: 'Du 12', enabled: true }
const organizer = fixture('ical/meeting-as-organizer.ics')

/** As another program sees it. */
async function plainGet(account: AccountForTest, path: string, accept = '*/*'): Promise<string> {
  const answer = await ask({ url: account.url, user: account.userId, password: account.password }, 'GET', `/remote.php/dav/${path}`, { headers: { accept } })
  expect([path, answer.status]).toEqual([path, 200])
  return answer.text
}

async function putAll(collection: RemoteCollection, data: Iterable<readonly [string, string]>): Promise<void> {
  for (const [name, text] of data) expect({ name, ...(await collection.put(name, text, 'new')) }).toMatchObject({ name, outcome: 'written' })
}

/** Until then, the server takes no other event with the UID of one in the trash. */
async function emptyTrash(remote: Remote): Promise<void> {
  for (const { href } of await trashedObjects(remote)) expect((await remote.send(new URL(href, remote.base).pathname, { method: 'DELETE', headers: silence })).status).toBe(204)
}

const suite = 'move of calendars and contacts'
betweenReleases(suite, pairs, (name, [from, to]) => {
  describe(`${suite}: ${name}`, () => {
    let smtp: TestServer
    let spaces: TwoSpaces
    const journal = newJournal()
    const move = (clock: Clock = systemClock, path = journal.path) => moveBetween({ source: spaces.source.remote, destination: spaces.destination.remote, journal: path, clock })
    const mails = () => smtp.mails.map(({ recipients, parsed }) => `${recipients.join()}: ${parsed.subject ?? ''}`)

    beforeAll(async () => {
      smtp = await startSmtpServer()
      spaces = await openTwoSpaces({ releases: [from, to], firstPort: 34_200, settings: { mailUrl: `smtp://127.0.0.1:${smtp.port}`, mailFrom: 'Les Chats <bonjour@chats.example>' } })
      const [home, books] = [openCalendars(spaces.source.remote), openAddressBooks(spaces.source.remote)]
      await home.create('personal', { ...work, displayName: 'Personal', enabled: true })
      await home.create('chantier', work)
      await home.setCalendar('chantier', work)
      await home.subscribe('vacances', { displayName: 'Vacances', colour: '#00ff00', order: 9, enabled: true, source: 'https://example.org/v.ics', refreshRate: 'P1D' })
      await putAll(home.collection('chantier'), objects)
      await putAll(home.collection('personal'), [['E\u0301te\u0301.ics', organizer.replace('5c1a77c2', 'other')], ['guest.ics', fixture('ical/meeting-as-guest.ics').replace('7kq4h2', 'other')]])
      await books.create('contacts', { ...book, displayName: 'Contacts' })
      await books.create('voisines', book)
      await putAll(books.collection('voisines'), cards)
      await putAll(books.collection('contacts'), [['a.vcf', fixture('vcard/v4-full.vcf')]])
    })
    afterAll(async () => {
      await spaces[Symbol.asyncDispose]()
      await smtp[Symbol.asyncDispose]()
      journal[Symbol.dispose]()
    })

    it('the destination would mail: it invites when somebody else writes an event', async () => {
      smtp.mails.length = 0
      const home = openCalendars(spaces.destination.remote)
      await home.create('control', work)
      const { url, userId, password } = spaces.destination
      const body = organizer.replace('5c1a77c2', 'control')
      const answer = await ask({ url, user: userId, password }, 'PUT', `/remote.php/dav/calendars/${userId}/control/control.ics`, { headers: { 'content-type': 'text/calendar' }, body })
      expect(answer.status).toBe(201)
      expect(mails()).toContainEqual(expect.stringMatching(/^fatou\.diallo@voisines\.example: .*Assemblée générale/))
      await home.remove('control')
      smtp.mails.length = 0
    })

    it('carries all of it, byte by byte, and no mail leaves', async () => {
      using context = move()
      const inventory = await calendars.inventory(context)
      expect(inventory.count).toBe(objects.size + 2 + 3)
      const tally = await calendars.run(context)
      expect(tally).toMatchObject({ moved: objects.size + 2 + 3, alreadyThere: 0 })
      expect(tally.refused).toEqual(inventory.left)
      for (const [file, data] of objects) expect([file, await plainGet(spaces.destination, `calendars/${spaces.destination.userId}/chantier/${file}`)]).toEqual([file, data])
      expect(await plainGet(spaces.destination, `calendars/${spaces.destination.userId}/personal/${encodeURIComponent('E\u0301te\u0301.ics')}`)).toContain('UID:other')
      const entries = new Map((await openCalendars(spaces.destination.remote).list()).map((entry) => [entry.uri, entry]))
      expect(entries.get('chantier')).toMatchObject({ is: 'calendar', properties: work })
      expect(entries.get('vacances')).toMatchObject({ is: 'subscription', properties: { source: 'https://example.org/v.ics', refreshRate: 'P1D' } })
      expect(await calendars.verify(context)).toEqual({ checked: objects.size + 2 + 3, differing: [] })
      expect(mails()).toEqual([])
    })

    it('carries cards in the version they are stored in, photos and groups with them', async () => {
      using context = move()
      const tally = await contacts.run(context)
      expect(tally).toMatchObject({ moved: cards.size + 1 + 2, alreadyThere: 0 })
      expect(tally.refused.map(({ reason }) => reason)).toEqual(['an app makes this address book from its own data; at the new host it makes its own'])
      for (const [file, data] of cards) expect([file, await plainGet(spaces.destination, `addressbooks/users/${spaces.destination.userId}/voisines/${file}`, file.startsWith('v4') ? 'text/vcard; version=4.0' : 'text/vcard; version=3.0')]).toEqual([file, data])
      expect(await contacts.verify(context)).toEqual({ checked: cards.size + 1 + 2, differing: [] })
    })

    it('a second pass moves nothing; changes and deletions follow, and no mail leaves', async () => {
      using context = move()
      const items = () => [...context.journal.walk('calendars'), ...context.journal.walk('contacts')].map(({ pass: _pass, extra: _extra, ...item }) => item)
      const before = items()
      await calendars.run(context)
      await contacts.run(context)
      // The server has made the calendar of birthdays meanwhile.
      expect(items().filter(({ key }) => key !== 'contact_birthdays/')).toEqual(before.filter(({ key }) => key !== 'contact_birthdays/'))
      const source = openCalendars(spaces.source.remote).collection('chantier')
      const known = await source.read(['meeting-as-organizer.ics', 'meeting-as-guest.ics', 'alarms.ics'])
      expect((await source.put('meeting-as-organizer.ics', organizer.replace('SEQUENCE:2', 'SEQUENCE:3').replace('T190000', 'T200000'), { etag: known.get('meeting-as-organizer.ics')?.etag ?? '' })).outcome).toBe('written')
      for (const file of ['meeting-as-guest.ics', 'alarms.ics']) expect(await source.remove(file, known.get(file)?.etag ?? '')).toBe('removed')
      await calendars.run(context)
      expect(await plainGet(spaces.destination, `calendars/${spaces.destination.userId}/chantier/meeting-as-organizer.ics`)).toContain('T200000')
      expect((await openCalendars(spaces.destination.remote).collection('chantier').changes()).changed.length).toBe(objects.size - 2)
      expect(await calendars.verify(context)).toMatchObject({ differing: [] })
      const personal = openCalendars(spaces.source.remote).collection('personal')
      for (const { name: file, etag } of (await personal.changes()).changed) await personal.remove(file, etag)
      await calendars.run(context)
      expect((await openCalendars(spaces.destination.remote).collection('personal').changes()).changed).toEqual([])
      expect(mails()).toEqual([])
    })

    it('tells of what is shared with the account, in the trash, or made by the server', async () => {
      using context = move()
      const { left } = await calendars.inventory(context)
      expect(left.map(({ what }) => what)).toEqual(expect.arrayContaining(['Trash of the calendars']))
      expect((await openCalendars(spaces.source.remote).list()).filter(({ is }) => is === 'generated').map(({ uri }) => uri)).toEqual(['contact_birthdays'])
      expect(left.find(({ reason }) => reason.includes('birthdays'))).toBeDefined()
    })

    it('what the source has anew, under another name, in a book made anew or out of the trash, is there once and as it is now', async () => {
      const [home, there] = [openCalendars(spaces.source.remote).collection('chantier'), openCalendars(spaces.destination.remote).collection('chantier')]
      const books = openAddressBooks(spaces.source.remote)
      const again = newJournal()
      using moving = move(systemClock, again.path)
      const event = (summary: string): string => `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//EN\r\nBEGIN:VEVENT\r\nUID:anew\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20310101T100000Z\r\nSUMMARY:${summary}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`
      const card = (uid: string): string => `BEGIN:VCARD\r\nVERSION:3.0\r\nUID:${uid}\r\nFN:${uid}\r\nEND:VCARD\r\n`
      const carry = async (): Promise<void> => {
        for (const kind of [calendars, contacts]) await kind.run(moving)
      }
      const takeAway = async (name: string): Promise<string> => {
        const { etag = '' } = (await home.read([name])).get(name) ?? {}
        await home.remove(name, etag)
        return etag
      }
      const summaries = async (): Promise<string[]> => [...(await there.read((await there.changes()).changed.map(({ name }) => name))).values()].flatMap(({ data }) => (data.includes('UID:anew') ? (/SUMMARY:(.*)\r/.exec(data)?.[1] ?? []) : []))
      await putAll(home, [['old.ics', event('first')]])
      await books.create('club', book)
      await putAll(books.collection('club'), ['a', 'b'].map((uid) => [`${uid}.vcf`, card(`club-${uid}`)] as const))
      await carry()

      await takeAway('old.ics')
      await emptyTrash(spaces.source.remote)
      await putAll(home, [['new.ics', event('second')]])
      await books.remove('club')
      await books.create('club', book)
      await putAll(books.collection('club'), [['c.vcf', card('club-c')]])
      await carry()
      expect(await summaries()).toEqual(['second'])
      expect((await openAddressBooks(spaces.destination.remote).collection('club').changes()).changed.map(({ name }) => name)).toEqual(['c.vcf'])

      const etag = await takeAway('new.ics')
      await carry()
      expect(await summaries()).toEqual([])
      expect(await home.restore(etag)).toBe(true)
      await carry()
      expect(await summaries()).toEqual(['second'])

      await takeAway('new.ics')
      await carry()
      await emptyTrash(spaces.source.remote)
      await putAll(home, [['newer.ics', event('third')]])
      await carry()
      expect(await summaries()).toEqual(['third'])
      for (const kind of [calendars, contacts]) expect((await kind.verify(moving)).differing).toEqual([])
      again[Symbol.dispose]()
    })
  })
}, ([from]) => from !== '32.0.1')
