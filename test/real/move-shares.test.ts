import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { albums } from '../../src/move/albums/index.ts'
import { files } from '../../src/move/files/index.ts'
import { shares } from '../../src/move/shares/index.ts'
import { ask, propfind, type Answer } from '../conformance/wire.ts'
import { startSmtpServer, type TestServer } from '../mail/smtp/server.ts'
import { moveBetween, newJournal } from '../move/support/accounts.ts'
import { ocs, share, sharesOf, type ShareData } from './kinds/ocs.ts'
import { betweenReleases } from './support/releases.ts'
import { openSpaces, type PersonForTest, type SpacesForTest } from './support/spaces.ts'

/** What is shared with whom, on both sides by plain requests; nobody gets a mail. */

const pairs = [['32.0.1', '34.0.1'], ['34.0.1', '29.0.1']] as const
const suite = 'move of shares'
const paths = ['Photos/mer.txt', 'Photos/été/plage.txt', 'Projet/plan.txt', 'Dépôt/note.txt', 'Secret/a.txt', 'seul.txt']

const addressOf = (path: string): string => path.split('/').map(encodeURIComponent).join('/')
const dav = async ({ url, userId, password }: PersonForTest, method: string, path: string, options: { headers?: Record<string, string>; body?: string } = {}): Promise<Answer> =>
  await ask({ url, user: userId, password }, method, `/remote.php/dav/${path.replace('{me}', userId)}`, options)

async function put(person: PersonForTest, path: string): Promise<void> {
  const names = path.split('/')
  for (let depth = 1; depth < names.length; depth++) await dav(person, 'MKCOL', `files/{me}/${addressOf(names.slice(0, depth).join('/'))}`)
  expect([path, (await dav(person, 'PUT', `files/{me}/${addressOf(path)}`, { body: path })).status]).toEqual([path, 201])
}

const setOf = (name: string, value: string): { headers: Record<string, string>; body: string } => ({
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0"?><d:propertyupdate xmlns:d="DAV:" xmlns:nc="http://nextcloud.org/ns"><d:set><d:prop><nc:${name}>${value}</nc:${name}></d:prop></d:set></d:propertyupdate>`,
})

/** Path, type, with whom, rights without that to share on, end, note, label, download hidden. */
const fieldsOf = (one: ShareData): unknown[] => [
  one['path'], one['share_type'], one['share_type'] === 3 ? '' : one['share_with'], Number(one['permissions']) & 15, one['expiration'] === null ? '' : String(one['expiration']).slice(0, 10), one['note'], one['label'] ?? '', one['hide_download'],
]

betweenReleases(suite, pairs, (name, [from, to]) => {
  const silent = Number(to.split('.')[0]) >= 30
  describe(`${suite}: ${name}`, () => {
    let smtp: TestServer
    let spaces: SpacesForTest
    let source: PersonForTest
    let destination: PersonForTest
    let louHere: PersonForTest
    const journal = newJournal()
    const move = () => moveBetween({ source: source.remote, destination: destination.remote, journal: journal.path })
    const mails = () => smtp.mails.map(({ recipients, parsed }) => `${recipients.join()}: ${parsed.subject ?? ''}`)
    const host = ({ url }: PersonForTest): string => url.replace('http://', '')
    beforeAll(async () => {
      smtp = await startSmtpServer()
      spaces = await openSpaces({ firstPort: 36_100, settings: { mailUrl: `smtp://127.0.0.1:${smtp.port}`, mailFrom: 'Les Chats <bonjour@chats.example>' } })
      const [old, young] = [await spaces.space(from), await spaces.space(to)]
      await old.occ('config:system:set', 'ratelimit.protection.enabled', '--value=false', '--type=boolean')
      source = await old.person('camille')
      destination = await young.person('camille')
      await young.person('lou')
      louHere = await old.person('lou')
      // Two people of the same name.
      for (const space of [old, young]) await space.person('alex')
      await young.occ('user:setting', 'alex', 'settings', 'email', 'autre@example.net')
      for (const space of [old, young]) {
        for (const group of ['jardin', 'tous']) await space.occ('group:add', group)
        await space.occ('group:adduser', 'jardin', 'camille')
      }
      await old.occ('group:adduser', 'tous', 'camille')
      for (const path of paths) await put(source, path)
      await share(source, { path: '/Photos', shareType: '3', permissions: '1', label: 'Vacances', note: 'pour tout le monde', expireDate: '2099-12-24' })
      await share(source, { path: '/Photos/été', shareType: '3', permissions: '15' })
      const drop = await share(source, { path: '/Dépôt', shareType: '3', permissions: '4' })
      await ocs(source, 'PUT', `shares/${String(drop['id'])}`, { permissions: '4', hideDownload: 'true' })
      const hidden = await share(source, { path: '/seul.txt', shareType: '3' })
      await ocs(source, 'PUT', `shares/${String(hidden['id'])}`, { hideDownload: 'true' })
      await share(source, { path: '/Secret', shareType: '3', password: 'Mot-de-passe-1729-long' })
      for (const [who, permissions] of [['lou', '15'], ['alex', '1']] as const) await share(source, { path: '/Projet', shareType: '0', shareWith: who, permissions })
      for (const group of ['jardin', 'tous']) await share(source, { path: '/Photos', shareType: '1', shareWith: group, permissions: '1' })
      await share(source, { path: '/Projet/plan.txt', shareType: '4', shareWith: 'zoe@example.net', permissions: '1' })
      smtp.mails.length = 0
    })
    afterAll(async () => {
      journal[Symbol.dispose]()
      await spaces[Symbol.asyncDispose]()
      await smtp[Symbol.asyncDispose]()
    })

    it('what others share is listed, with whom to ask', async () => {
      await put(louHere, 'Commun/c.txt')
      await put(louHere, 'liste.txt')
      for (const path of ['/Commun', '/liste.txt']) await share(louHere, { path, shareType: '0', shareWith: 'camille', permissions: '1' })
      using moving = move()
      const found = (await files.inventory(moving)).left
      const ofLou = { reason: 'it was shared with you by lou, to whom it belongs', next: `ask lou (lou@${host(source)}) to share it with your new account, camille@${host(destination)}` }
      expect(found).toMatchObject([
        { what: 'Commun', ...ofLou },
        { what: 'liste.txt', ...ofLou },
      ])
      // Of the old host, to its own people.
      smtp.mails.length = 0
    })

    it('shares arrive with their terms; nobody gets a mail', async () => {
      using moving = move()
      await files.run(moving)
      const tally = await shares.run(moving)
      const there = await sharesOf(destination)
      const ofPeople = [
        ['/Projet', 0, 'lou', 15, '', '', '', 0],
        ['/Projet/plan.txt', 4, 'zoe@example.net', 1, '', '', '', 0],
      ]
      const expected = [
        ['/Dépôt', 3, '', 4, '', '', '', 1],
        ['/Photos', 1, 'jardin', 1, '', '', '', 0],
        ['/Photos', 3, '', 1, '2099-12-24', 'pour tout le monde', 'Vacances', 0],
        ['/Photos/été', 3, '', 15, '', '', '', 0],
        ['/seul.txt', 3, '', 1, '', '', '', 1],
        ...(silent ? ofPeople : []),
      ]
      expect(there.map(fieldsOf)).toEqual(expect.arrayContaining(expected))
      expect((await shares.verify(moving)).differing).toEqual([])
      expect(mails()).toEqual([])
      for (const { new: url } of tally.links ?? []) expect([url, (await fetch(url, { redirect: 'manual' })).status]).toEqual([url, 200])
      expect(tally.refused.map(({ what }) => what)).toEqual(expect.arrayContaining(['Secret', 'Projet', 'Photos']))
    })

    it('a second pass makes nothing twice; a link that was protected or taken back meanwhile is taken back', async () => {
      using moving = move()
      const [before, count] = [moving.journal.fingerprint(), (await sharesOf(destination)).length]
      await shares.run(moving)
      expect(moving.journal.fingerprint()).toBe(before)
      expect(await sharesOf(destination)).toHaveLength(count)
      const links = (await sharesOf(source)).filter(({ share_type: type }) => type === 3)
      const idOf = (path: string): string => String(links.find((one) => one['path'] === path)?.['id'])
      await ocs(source, 'PUT', `shares/${idOf('/seul.txt')}`, { password: 'Mot-de-passe-1729-long' })
      await ocs<unknown>(source, 'DELETE', `shares/${idOf('/Photos/été')}`)
      await shares.run(moving)
      const left = (await sharesOf(destination)).filter(({ share_type: type }) => type === 3).map((one) => String(one['path']))
      expect(left.toSorted()).toEqual(['/Dépôt', '/Photos'])
      expect(mails()).toEqual([])
    })

    it('photo albums arrive with their place and pictures; what was there before stays as it was', async () => {
      const at = `photos/{me}/albums/${encodeURIComponent('Été & mer')}`
      const statuses = [
        (await dav(source, 'MKCOL', at)).status,
        (await dav(source, 'PROPPATCH', at, setOf('location', 'Brest &amp; côte'))).status,
        (await dav(source, 'PROPPATCH', at, setOf('collaborators', '[{"id":"lou","label":"lou","type":0}]'))).status,
      ]
      for (const path of ['Photos/mer.txt', 'Photos/été/plage.txt']) statuses.push((await dav(source, 'COPY', `files/{me}/${addressOf(path)}`, { headers: { destination: `${source.url}/remote.php/dav/${at.replace('{me}', 'camille')}/new` } })).status)
      const shared = `/remote.php/dav/photos/lou/sharedalbums/${encodeURIComponent('Été & mer (camille)')}/new`
      statuses.push((await dav(louHere, 'COPY', 'files/{me}/liste.txt', { headers: { destination: source.url + shared } })).status)
      statuses.push((await dav(louHere, 'MKCOL', 'photos/{me}/albums/DeLou')).status, (await dav(louHere, 'PROPPATCH', 'photos/{me}/albums/DeLou', setOf('collaborators', '[{"id":"camille","label":"camille","type":0}]'))).status)
      expect(statuses).toEqual([201, 207, 207, 201, 201, 201, 201, 207])
      await dav(destination, 'MKCOL', at)
      using moving = move()
      const tally = await albums.run(moving)
      const left = (await albums.inventory(moving)).left
      const verdict = await albums.verify(moving)
      const before = moving.journal.fingerprint()
      await albums.run(moving)
      const wire = { url: destination.url, user: 'camille', password: destination.password }
      const found = await propfind(wire, '/remote.php/dav/photos/camille/albums/', 'nc:location nc:nbItems', '1')
      expect(tally).toMatchObject({ moved: 1, renamed: [{ what: 'Été & mer', as: 'Été & mer (127.0.0.1)' }] })
      expect(tally.refused.map(({ what }) => what)).toEqual(['Été & mer', 'liste.txt, Été & mer'])
      expect(left.map(({ what }) => what)).toEqual(['DeLou (lou)'])
      expect(verdict).toEqual({ checked: 1, differing: [] })
      expect(moving.journal.fingerprint()).toBe(before)
      expect(found.slice(1).map(({ props }) => JSON.stringify([props['location'], props['nbItems']])).toSorted()).toEqual(['["","0"]', '["Brest & côte","2"]'])
    })
  })
})
