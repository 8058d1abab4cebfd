import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, describe, expect, test } from 'vitest'
import { archiveAddressBooks } from '../../../src/move/archive/source/address-books.ts'
import { openArchive, type Archive } from '../../../src/move/archive/source/archive.ts'
import { archiveCalendars } from '../../../src/move/archive/source/calendars.ts'
import { archiveComments, archiveFavourites, archiveTags } from '../../../src/move/archive/source/marks.ts'
import { archiveProfile } from '../../../src/move/archive/source/profile.ts'
import { archiveFiles } from '../../../src/move/archive/source/files.ts'
import { rawZip, type RawZipEntry } from './raw-zip.ts'

/** Archives as the app user_migration writes them, and such as nobody should. */

const work = mkdtempSync(join(tmpdir(), 'chaton-archive-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

const json = (name: string, value: unknown): RawZipEntry => ({ name, content: JSON.stringify(value) })
const needed = [json('user.json', { uid: 'camille', displayName: 'Camille' }), json('versions.json', { core: '34.0.1.2' }), json('migrator_versions.json', { usermigrationservice: 1, files: 1 })]
let count = 0

function file(...entries: readonly RawZipEntry[]): string {
  const path = join(work, `${(count += 1)}.zip`)
  writeFileSync(path, rawZip(entries))
  return path
}

const opened = async (...entries: readonly RawZipEntry[]): Promise<Archive> => await openArchive(file(...needed, ...entries))
const event = (uid: string): string => `BEGIN:VEVENT\r\nUID:${uid}\r\nSUMMARY:${uid}\r\nEND:VEVENT\r\n`
const ics = (...uids: readonly string[]): string => `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:Le jardin\r\nX-APPLE-CALENDAR-COLOR:#00ff00\r\n${uids.map(event).join('')}END:VCALENDAR\r\n`

async function listed(path: string, archive: Archive): Promise<string[]> {
  const names: string[] = []
  for await (const entry of archiveFiles(archive).list(path)) names.push(`${entry.path}${entry.folder ? '/' : ''}`)
  return names.toSorted()
}

describe('an archive of the app', () => {
  test('says whose it is and of which release', async () => {
    expect(await opened()).toMatchObject({ account: { uid: 'camille', displayName: 'Camille' }, version: '34.0.1', manifest: undefined })
  })

  test('gives its files, also in folders that have no entry of their own', async () => {
    const archive = await opened({ name: 'files/files/' }, { name: 'files/files/a/b/c.txt', content: 'deep' }, { name: 'files/files/a/' }, { name: 'files/files_versions/a/b/c.txt.v1', content: 'old' })
    const files = archiveFiles(archive)

    expect([await listed('', archive), await listed('a', archive), await listed('a/b', archive)]).toEqual([['a/'], ['a/b/'], ['a/b/c.txt']])
    expect((await buffer((await files.read('a/b/c.txt')).stream)).toString()).toBe('deep')
    expect((await buffer((await files.read('a/b/c.txt', { from: 1, to: 3 })).stream)).toString()).toBe('ee')
    expect(await files.hash('a/b/c.txt', 'sha256')).toMatch(/^[0-9a-f]{64}$/)
    await expect(files.read('a/b')).rejects.toMatchObject({ code: 'not-found' })
  })

  test('gives its favourites, and none from an empty list as PHP writes it', async () => {
    expect(await archiveFavourites(await opened(json('files/tags.json', { '/a/b': ['_$!<Favorite>!$_'], '/c': ['other'] })))).toEqual(['a/b'])
    expect(await archiveFavourites(await opened(json('files/tags.json', [])))).toEqual([])
  })

  test('gives tags by their names, and comments in the order in which they were written', async () => {
    const comment = (message: string, creationDateTime: string) => ({ message, verb: 'comment', actorType: 'users', actorId: 'camille', creationDateTime })
    const archive = await opened(
      json('files/systemtags.json', { '/a/b': ['À relire', 'x'], '/c': { 1: 'x' } }),
      json('files/comments.json', { '/a/b': [comment('third', '2026-03-01T10:00:01+0000'), comment('second', '2026-03-01T10:00:00+0000'), comment('first', '2026-03-01T10:00:00+0000')] }),
    )
    const [tags, comments] = [archiveTags(archive), archiveComments(archive)]
    const files: string[] = []
    for await (const { path } of tags.filesWith('x')) files.push(path)
    const [entry] = await comments.entries()

    expect([(await tags.inUse()).map(({ name }) => name), files]).toEqual([['À relire', 'x'], ['a/b', 'c']])
    expect((await comments.on(entry?.fileId ?? '')).map(({ id, message }) => [id, message])).toEqual([['1', 'first'], ['2', 'second'], ['3', 'third']])
  })

  test('gives the profile with who sees it, language and picture', async () => {
    const profile = archiveProfile(await opened(json('settings/account.json', { phone: { name: 'phone', value: '+33', scope: 'v2-private', verified: '0', verificationData: '' }, additional_mail: [{ value: 'a@example.org', scope: 'v2-local' }] }), json('settings.json', { core: { lang: 'fr', timezone: 'Europe/Paris', other: 3 }, files: [] }), { name: 'settings/avatar.png', content: 'a picture' }))

    expect(await profile.read()).toEqual({ fields: { phone: '+33', language: 'fr', timezone: 'Europe/Paris' }, scopes: { phone: 'v2-private' }, otherMails: ['a@example.org'] })
    expect(await profile.picture()).toEqual({ bytes: Buffer.from('a picture'), type: 'image/png' })
    expect(await archiveProfile(await opened(json('settings.json', []))).read()).toEqual({ fields: {}, scopes: {}, otherMails: [] })
  })

  test('gives calendars of the first version: name and colour from the entry, the birthdays as made by the server', async () => {
    const calendars = archiveCalendars(await opened({ name: 'dav/calendars/personal.ics', content: ics('one', 'two/../x') }, { name: 'dav/calendars/contact_birthdays.ics', content: ics('b') }))
    const { changed } = await calendars.collection('personal').changes()

    expect(await calendars.list()).toEqual([
      expect.objectContaining({ is: 'calendar', uri: 'personal', properties: expect.objectContaining({ displayName: 'Le jardin', colour: '#00ff00' }) }),
      expect.objectContaining({ is: 'generated', uri: 'contact_birthdays' }),
    ])
    expect(changed.map(({ name }) => name)).toEqual(['one.ics', expect.stringMatching(/^[0-9a-f]{32}\.ics$/)])
  })

  test('gives calendars and address books of whose names the app has left nothing', async () => {
    const archive = await opened({ name: 'dav/calendars/.ics', content: ics('one') }, { name: 'dav/address_books/.vcf' })

    expect([...(await archiveCalendars(archive).list()), ...(await archiveAddressBooks(archive).list())].map(({ uri }) => uri)).toEqual(['unnamed', 'unnamed'])
  })

  test('gives calendars and subscriptions of the second version (34)', async () => {
    const calendars = archiveCalendars(
      await opened(
        json('dav/calendars/calendars.json', [{ format: 'ical', uri: 'le.jardin', label: 'Jardin', color: '#112233', timezone: null }]),
        { name: 'dav/calendars/lejardin.data', content: ics('one') },
        json('dav/calendars/subscriptions.json', [{ uri: 'fêtes', displayname: 'Fêtes', color: null, source: 'https://example.org/fetes.ics' }, { uri: 'none', source: null }]),
      ),
    )

    expect(await calendars.list()).toEqual([
      expect.objectContaining({ is: 'calendar', uri: 'le.jardin', properties: expect.objectContaining({ displayName: 'Jardin', colour: '#112233' }) }),
      expect.objectContaining({ is: 'subscription', uri: 'fêtes', properties: expect.objectContaining({ source: 'https://example.org/fetes.ics' }) }),
    ])
    expect((await calendars.collection('le.jardin').read(['one.ics'])).get('one.ics')?.data).toContain('SUMMARY:one')
  })

  test('gives address books with their names; those that apps make are none of the person', async () => {
    const card = 'BEGIN:VCARD\r\nVERSION:4.0\r\nUID:x\r\nFN:X\r\nEND:VCARD\r\n'
    const books = archiveAddressBooks(await opened({ name: 'dav/address_books/contacts.vcf', content: card }, json('dav/address_books/contacts.json', { displayName: 'Voisins' }), { name: 'dav/address_books/z-app-generated--contactsinteraction--recent.vcf', content: card }))

    expect(await books.list()).toEqual([expect.objectContaining({ is: 'book', uri: 'contacts', properties: { displayName: 'Voisins', description: undefined, enabled: true } }), expect.objectContaining({ is: 'generated' })])
    expect([...(await books.collection('contacts').read(['x.vcf'])).values()].map(({ data }) => data)).toEqual([card])
  })
})

const manifest = (...lines: readonly unknown[]): RawZipEntry => ({
  name: 'chaton/manifest.jsonl',
  content: [{ format: 'chaton-account-archive', version: 1, madeAt: '', source: { address: 'https://old.example', account: 'camille', nextcloud: '32.0.1' }, left: [] }, ...lines].map((line) => JSON.stringify(line)).join('\n'),
})

describe('an archive is refused', () => {
  test.each([
    ['without user.json', [json('migrator_versions.json', { usermigrationservice: 1 })], /no "user\.json"/],
    ['without versions of its migrators', [json('user.json', { uid: 'x' })], /no "migrator_versions\.json"/],
    ['of a later format', [json('user.json', { uid: 'x' }), json('migrator_versions.json', { usermigrationservice: 2 })], /version 2 of the format/],
    ['with a user.json that is none', [{ name: 'user.json', content: '{' }], /"user\.json" in the archive cannot be read/],
    ['with an entry that its manifest does not know', [...needed, manifest()], /"user\.json" was added to it/],
    ['without an entry that its manifest knows', [...needed, manifest({ name: 'files/files/a', size: 1, crc32: '00000000', sha256: '', mtime: 0 })], /"files\/files\/a" was taken out of it/],
    ['with an entry that its manifest tells otherwise', [...needed, manifest({ name: 'user.json', size: 1, crc32: '00000000', sha256: '', mtime: 0 })], /"user\.json" was changed in it/],
    ['with a manifest that cannot be read', [...needed, { name: 'chaton/manifest.jsonl', content: 'nonsense' }], /a line of its manifest cannot be read/],
  ])('%s', async (_what, entries, reason) => {
    await expect(openArchive(file(...entries))).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(reason) })
  })
})

describe('what leads elsewhere in an archive of good shape is refused when it is read', () => {
  test.each([
    ['the name of a calendar', json('dav/calendars/calendars.json', [{ uri: '../../bob/personal' }])],
    ['the name of a calendar of ours', json('chaton/calendars.json', { calendars: [{ uri: '..', properties: { displayName: '', transparent: false, enabled: true, components: [] }, names: {} }], subscriptions: [] })],
    ['the name of an event', json('chaton/calendars.json', { calendars: [{ uri: 'a', properties: { displayName: '', transparent: false, enabled: true, components: [] }, names: { x: '../b.ics' } }], subscriptions: [] })],
  ])('%s', async (_what, entry) => {
    const archive = await opened(entry)

    await expect(archiveCalendars(archive).list()).rejects.toMatchObject({ code: 'bad-input' })
  })

  test.each(['..', '.'])('a calendar or address book whose file is named after the path %j', async (uri) => {
    const archive = await opened({ name: `dav/calendars/${uri}.ics`, content: ics('one') }, { name: `dav/address_books/${uri}.vcf` })

    await expect(archiveCalendars(archive).list()).rejects.toThrow(`"dav/calendars/${uri}.ics" is no name of a calendar or address book`)
    await expect(archiveAddressBooks(archive).list()).rejects.toThrow(`"dav/address_books/${uri}.vcf" is no name of a calendar or address book`)
  })

})

describe('what is damaged in an archive holds up nothing else', () => {
  const next = 'take it from another copy of the archive, or make the archive again if the old account is still there'
  const damaged = { crc: 1 }
  const left = (entry: string, what: string, how: string) => ({ entry, refusal: { what, reason: `"${entry}" is damaged in the archive: ${how}`, next } })
  const uris = async (list: Promise<readonly { readonly uri: string }[]>): Promise<string[]> => (await list).map(({ uri }) => uri)

  test('a file: it is missing among many, and says why when it is asked for alone, or for a part', async () => {
    const files = archiveFiles(await opened({ name: 'files/files/bad', content: 'bad content', ...damaged }, { name: 'files/files/good', content: 'good' }))
    const members: string[] = []
    for await (const { path, bytes } of files.readMany('', new Map([['bad', 11], ['good', 4]]))) members.push(`${path}: ${bytes.toString()}`)
    const refusal = { code: 'bad-input', message: '"files/files/bad" is damaged in the archive: its checksum is another', next: [next] }

    expect(members).toEqual(['good: good'])
    await expect(buffer((await files.read('bad')).stream)).rejects.toMatchObject(refusal)
    for (const from of [0, 4]) await expect(files.read('bad', { from, to: from + 4 })).rejects.toMatchObject(refusal)
    expect((await buffer((await files.read('good', { from: 1, to: 3 })).stream)).toString()).toBe('oo')
  })

  test.each([
    ['whose checksum is another', { content: ics('one'), ...damaged }, 'its checksum is another'],
    ['that breaks off', { content: 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT' }, 'it is not written as a calendar is'],
    ['that is something else', { content: 'garbage' }, 'it is not written as a calendar is'],
  ])('a calendar %s', async (_what, entry, how) => {
    const calendars = archiveCalendars(await opened({ name: 'dav/calendars/a.ics', ...entry }, { name: 'dav/calendars/b.ics', content: ics('two') }))

    expect(await uris(calendars.list())).toEqual(['b'])
    expect(await calendars.unread()).toEqual([left('dav/calendars/a.ics', 'a', how)])
  })

  test('a calendar or an address book of ours whose entry is missing', async () => {
    const properties = { displayName: 'Le jardin', transparent: false, enabled: true, components: [] }
    const archive = await opened(
      json('chaton/calendars.json', { calendars: [{ uri: 'a', file: 'dav/calendars/a.ics', properties, names: {} }, { uri: 'empty', properties, names: {} }], subscriptions: [] }),
      json('chaton/contacts.json', [{ uri: 'c', file: 'dav/address_books/c.vcf', properties: { displayName: 'Voisins', enabled: true }, names: {} }]),
    )
    const [calendars, books] = [archiveCalendars(archive), archiveAddressBooks(archive)]

    expect([await uris(calendars.list()), await uris(books.list())]).toEqual([['empty'], []])
    expect([...(await calendars.unread()), ...(await books.unread())]).toEqual([left('dav/calendars/a.ics', 'Le jardin', 'it is named there, but missing'), left('dav/address_books/c.vcf', 'Voisins', 'it is named there, but missing')])
  })

  test('lists of calendars: those that they name are found by their files', async () => {
    const calendars = archiveCalendars(await opened(...['chaton/calendars.json', 'dav/calendars/calendars.json', 'dav/calendars/subscriptions.json'].map((name) => ({ name, content: '{}', ...damaged })), { name: 'dav/calendars/a.data', content: ics('one') }))

    expect(await calendars.list()).toEqual([expect.objectContaining({ uri: 'a', properties: expect.objectContaining({ displayName: 'Le jardin' }) })])
    expect((await calendars.unread()).map(({ entry }) => entry)).toEqual(['chaton/calendars.json', 'dav/calendars/calendars.json', 'dav/calendars/subscriptions.json'])
  })

  test.each([
    ['whose checksum is another', { content: 'BEGIN:VCARD\r\nUID:x\r\nFN:X\r\nEND:VCARD\r\n', ...damaged }, 'its checksum is another'],
    ['that breaks off', { content: 'BEGIN:VCARD\r\nUID:x' }, 'it is not written as an address book is'],
    ['that is something else', { content: 'garbage' }, 'it is not written as an address book is'],
  ])('an address book %s', async (_what, entry, how) => {
    const books = archiveAddressBooks(await opened({ name: 'dav/address_books/a.vcf', ...entry }, json('dav/address_books/a.json', { displayName: 'Voisins' }), { name: 'dav/address_books/b.vcf', content: '' }, { name: 'dav/address_books/b.json', content: '{}', ...damaged }))

    expect(await uris(books.list())).toEqual(['b'])
    expect(await books.unread()).toEqual([left('dav/address_books/a.vcf', 'Voisins', how), left('dav/address_books/b.json', 'dav/address_books/b.json', 'its checksum is another')])
  })
})
