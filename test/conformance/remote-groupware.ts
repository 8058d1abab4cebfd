import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CalendarProperties, HomeEntry, RemoteCalendars } from '../../src/nextcloud/caldav/contract.ts'
import { openCalendars } from '../../src/nextcloud/caldav/index.ts'
import type { RemoteAddressBooks } from '../../src/nextcloud/carddav/contract.ts'
import { openAddressBooks } from '../../src/nextcloud/carddav/index.ts'
import type { RemoteCollection } from '../../src/nextcloud/groupware/contract.ts'
import { uidIn } from '../../src/nextcloud/groupware/uid.ts'
import { withSessions } from '../../src/nextcloud/sessions.ts'
import { failureOf } from '../support/failures.ts'
import { fixture, fixturesIn } from '../support/fixtures.ts'
import type { AccountForTest } from './remote-files.ts'

const settings: CalendarProperties = {
  displayName: 'Été & <travail> 🗓',
  description: 'Deux lignes :\nla seconde',
  colour: '#7a66ff80',
  order: 7,
  timezone: 'BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//chaton//EN\nBEGIN:VTIMEZONE\nTZID:Europe/Paris\nEND:VTIMEZONE\nEND:VCALENDAR',
  transparent: true,
  enabled: false,
  components: ['VEVENT', 'VTODO', 'VJOURNAL'],
}

/** Objects that every server takes as they are. */
const objects = (kind: 'ical' | 'vcard'): Map<string, string> => new Map([...fixturesIn(kind)].filter(([name]) => !name.startsWith('broken-')))

/** What this program relies on of CalDAV and CardDAV, for every server. The tests of one run share an account, in order. */
export function describeRemoteGroupware(name: string, open: () => Promise<AccountForTest>): void {
  describe(`calendars and contacts: ${name}`, () => {
    let made: AccountForTest
    let calendars: RemoteCalendars
    let books: RemoteAddressBooks
    const uri = `test-${randomBytes(4).toString('hex')}`

    beforeAll(async () => {
      made = await open()
      const remote = withSessions(made.remote)
      ;[calendars, books] = [openCalendars(remote), openAddressBooks(remote)]
    })
    afterAll(async () => {
      await made.cleanup?.()
    })
    const entry = async (wanted: string): Promise<HomeEntry | undefined> => (await calendars.list()).find((found) => found.uri === wanted)

    it('makes a calendar with all that people set of it, once', async () => {
      expect(await calendars.create(uri, settings)).toEqual({ outcome: 'made' })
      expect(await calendars.create(uri, settings)).toEqual({ outcome: 'taken' })
      await calendars.setCalendar(uri, settings)
      expect(await entry(uri)).toEqual({ is: 'calendar', uri, properties: settings, ctag: expect.stringMatching(/./) })
      const other: CalendarProperties = { ...settings, displayName: 'Autre', transparent: false, enabled: true, order: 2, description: undefined }
      await calendars.setCalendar(uri, other)
      expect(await entry(uri)).toMatchObject({ properties: other })
    })

    it('makes a subscription', async () => {
      const properties = { displayName: 'Vacances', colour: '#00ff00', order: 3, enabled: true, source: 'https://example.org/vacances.ics?zone=a&b=1', refreshRate: 'P1D' }
      expect(await calendars.subscribe(`${uri}-follows`, properties)).toEqual({ outcome: 'made' })
      expect(await entry(`${uri}-follows`)).toEqual({ is: 'subscription', uri: `${uri}-follows`, properties })
    })

    it('makes an address book', async () => {
      const properties = { displayName: 'Voisines & amis', description: 'Du 12 <rue des Lilas>', enabled: true }
      expect(await books.create(uri, properties)).toEqual({ outcome: 'made' })
      expect(await books.create(uri, properties)).toEqual({ outcome: 'taken' })
      expect((await books.list()).find((found) => found.uri === uri)).toEqual({ is: 'book', uri, properties, ctag: expect.stringMatching(/./) })
      await books.setBook(uri, { ...properties, enabled: false })
      expect((await books.list()).find((found) => found.uri === uri)).toMatchObject({ properties: { enabled: false } })
    })

    const kinds = [
      { what: 'calendar objects', kind: 'ical', collection: (): RemoteCollection => calendars.collection(uri) },
      { what: 'cards', kind: 'vcard', collection: (): RemoteCollection => books.collection(uri) },
    ] as const
    describe.each(kinds)('$what', ({ kind, collection }) => {
      let token: string | undefined

      it('are kept byte by byte, and so are their names', async () => {
        for (const [file, data] of objects(kind)) expect({ file, ...(await collection().put(file, data, 'new')) }).toEqual({ file, outcome: 'written', etag: expect.stringMatching(/^\w+$/) })
        const odd = [`E\u0301te\u0301 & 50%+#.${kind}`, `a b;c=d.${kind}`]
        const [first = ''] = objects(kind).values()
        for (const file of odd) expect({ file, ...(await collection().put(file, first.replaceAll(uidIn(first) ?? '', `uid of ${file}`), 'new')) }).toMatchObject({ file, outcome: 'written' })
        const changes = await collection().changes()
        token = changes.token
        expect(changes).toMatchObject({ whole: true, gone: [] })
        expect(changes.changed.map((mark) => mark.name).toSorted()).toEqual([...objects(kind).keys(), ...odd].toSorted())
        const read = await collection().read(changes.changed.map((mark) => mark.name))
        for (const [file, data] of objects(kind)) expect([file, read.get(file)?.data]).toEqual([file, data])
        for (const file of odd) expect(uidIn(read.get(file)?.data ?? '')).toBe(`uid of ${file}`)
        expect(changes.changed.every(({ bytes, etag, name }) => bytes > 0 && read.get(name)?.etag === etag)).toBe(true)
      })

      it('have preconditions: new ones overwrite nothing, changes only what they know', async () => {
        const [[file = '', data = ''] = []] = objects(kind)
        const put = async (text: string, over: Parameters<RemoteCollection['put']>[2]) => await collection().put(file, text, over)
        expect(await put(data, 'new')).toMatchObject({ outcome: 'refused', status: 412 })
        const before = (await collection().read([file])).get(file)?.etag ?? ''
        const changed = data.replace(/^END:(VEVENT|VTODO|VCARD)/m, 'X-CHANGED:1\r\nEND:$1')
        const written = await put(changed, { etag: before })
        expect(written.outcome).toBe('written')
        expect(await put(data, { etag: before })).toMatchObject({ outcome: 'refused', status: 412 })
        const etag = (await collection().read([file])).get(file)?.etag ?? ''
        expect(await collection().remove(file, before)).toBe('changed')
        expect(await collection().remove(file, etag)).toBe('removed')
        expect(await collection().remove(file, etag)).toBe('absent')
      })

      it('tell what changed since a token, and the whole for one that is unknown', async () => {
        const [gone = ''] = objects(kind).keys()
        const changes = await collection().changes(token)
        expect(changes).toMatchObject({ whole: false, changed: [], gone: [gone] })
        expect((await collection().changes(changes.token))).toMatchObject({ changed: [], gone: [] })
        expect((await collection().changes('http://sabre.io/ns/sync/none')).changed.length).toBe(objects(kind).size + 1)
      })

      it('have a UID once in each collection, by which they are found', async () => {
        const [, [file = '', data = ''] = []] = objects(kind)
        const uid = uidIn(data) ?? ''
        const twin = await collection().put('twin', data, 'new')
        expect(twin).toMatchObject({ outcome: 'refused', status: 400 })
        expect(twin.outcome === 'refused' ? twin.message : '').toMatch(/uid already exists/i)
        expect(await collection().findByUid(uid)).toMatchObject({ name: file, data })
        expect(await collection().findByUid(uid.slice(0, -2))).toBeUndefined()
        expect(await collection().read(['not-there'])).toEqual(new Map())
      })
    })

    it('refuses what it cannot read, with a reason', async () => {
      expect(await calendars.collection(uri).put('broken.ics', fixture('ical/broken-no-end.ics'), 'new')).toMatchObject({ outcome: 'refused', status: 415, message: expect.stringMatching(/./) })
      expect(await calendars.collection(uri).put('none.ics', 'none', 'new')).toMatchObject({ outcome: 'refused', status: 415 })
    })

    it('finds tasks and journals by their UID too', async () => {
      for (const file of ['task.ics', 'journal.ics']) expect((await calendars.collection(uri).findByUid(uidIn(fixture(`ical/${file}`)) ?? ''))?.name).toBe(file)
    })

    it('deletes whole calendars, and forgets names that are not there', async () => {
      await calendars.remove(`${uri}-follows`)
      await calendars.remove(`${uri}-follows`)
      expect((await entry(`${uri}-follows`))?.is).not.toBe('subscription')
      expect((await failureOf(calendars.collection('not-there').changes())).code).toBe('not-found')
      expect(await calendars.inbox()).toBe(0)
      expect(await calendars.trashed()).toBeGreaterThanOrEqual(0)
    })
  })
}
