import { describe, expect, test } from 'vitest'
import { isSamePerson, staysBehind, targetOf, type Known, type Sides } from '../../../src/move/shares/judge.ts'
import { differenceBetween, grantsMore, markOf, partsOf, sameRecipient } from '../../../src/move/shares/terms.ts'
import type { Share, SharingAbilities } from '../../../src/nextcloud/sharing/contract.ts'

const share = (parts: Partial<Share> = {}): Share => ({
  id: '1', type: 'link', path: 'Photos', owner: { id: 'camille', name: 'Camille' }, with: { id: '', name: '', email: undefined }, protected: false, url: 'https://old.example/s/a',
  permissions: 1, expires: undefined, note: '', label: '', hideDownload: false, attributes: [], ...parts,
})
const lou = { id: 'lou', name: 'Lou Martin', email: 'lou@example.org' }
const abilities: SharingAbilities = { on: true, links: true, passwordEnforced: false, groups: true, federation: { outgoing: true, incoming: true }, silent: true }
const sides = (destination: Partial<SharingAbilities> = {}, source: Partial<SharingAbilities> = {}): Sides => ({
  source: { base: 'https://old.example/cloud', abilities: { ...abilities, ...source } },
  destination: { base: 'https://new.example', uid: 'camille', abilities: { ...abilities, ...destination } },
})
const oneServer: Sides = { ...sides(), source: { base: 'https://new.example/', abilities } }
const nobody: Known = { person: undefined, groups: [] }
const today = '2026-11-24'

describe('what stays behind whatever the new host is', () => {
  test.each<[string, Partial<Share>, RegExp]>([
    ['a link', {}, /^$/],
    ['a link with a password', { protected: true }, /password, which cannot be read/],
    ['a mailed link with a password', { type: 'mail', with: { ...lou, id: 'zoe@example.net' }, protected: true }, /zoe@example.net, protected/],
    ['one of somebody else', { owner: { id: 'bob', name: 'Bob' } }, /belongs to Bob, and you shared it on with a link/],
    ['one that ended yesterday', { expires: '2026-11-23' }, /until 2026-11-23/],
    ['one that ends at this midnight', { expires: today }, /until 2026-11-24/],
    ['one that ends tomorrow', { expires: '2026-11-25' }, /^$/],
    ['a conversation', { type: 'room' }, /conversation/],
    ['a team', { type: 'team' }, /team/],
  ])('%s', (_name, parts, reason) => {
    const left = staysBehind(share(parts), { uid: 'camille', today })

    expect(left?.reason ?? '').toMatch(reason)
  })
})

describe('with whom it is shared at the new host', () => {
  const withLou = share({ type: 'user', with: lou })

  test.each<[string, readonly [Share, Sides, Known], unknown]>([
    ['the same person there', [withLou, sides(), { ...nobody, person: lou }], { type: 'user', with: 'lou' }],
    ['somebody who moves along, under another id', [withLou, sides(), { ...nobody, mapped: 'lou-jardin' }], { type: 'user', with: 'lou-jardin' }],
    ['nobody of that name: the account at the old host', [withLou, sides(), nobody], { type: 'federated', with: 'lou@old.example/cloud' }],
    ['a link', [share(), sides(), nobody], { type: 'link', with: '' }],
    ['a group that one is in', [share({ type: 'group', with: { id: 'jardin', name: 'jardin', email: undefined } }), sides(), { ...nobody, groups: ['jardin'] }], { type: 'group', with: 'jardin' }],
    ['a person of a third server', [share({ type: 'federated', with: { ...lou, id: 'lou@third.example' } }), sides(), nobody], { type: 'federated', with: 'lou@third.example' }],
    ['a person of the new host', [share({ type: 'federated', with: { ...lou, id: 'lou@https://new.example/' } }), sides(), { ...nobody, person: lou }], { type: 'user', with: 'lou' }],
    ['a person of the one server of both accounts, of whom nothing else is known', [share({ type: 'user', with: { id: 'lou', name: 'lou', email: undefined } }), oneServer, nobody], { type: 'user', with: 'lou' }],
    ['an address, silently', [share({ type: 'mail', with: { ...lou, id: 'lou@example.org' } }), sides(), nobody], { type: 'mail', with: 'lou@example.org' }],
  ])('%s', (_name, asked, target) => {
    expect(targetOf(...asked)).toEqual(target)
  })

  test.each<[string, readonly [Share, Sides, Known], RegExp]>([
    ['somebody else of that name', [withLou, sides(), { ...nobody, person: { ...lou, email: 'other@example.org' } }], /may be somebody else's/],
    ['a mail that cannot be silenced', [withLou, sides({ silent: false }), { ...nobody, person: lou }], /sends them a mail/],
    ['a mail to somebody who moves along', [withLou, sides({ silent: false }), { ...nobody, mapped: 'lou' }], /sends them a mail/],
    ['a mailed link that cannot be silenced', [share({ type: 'mail', with: lou }), sides({ silent: false }), nobody], /sends them a mail/],
    ['a group that one is not in', [share({ type: 'group', with: { id: 'tous', name: 'tous', email: undefined } }), sides(), nobody], /no group of that name/],
    ['nobody, and no federation', [withLou, sides({ federation: { outgoing: false, incoming: true } }), nobody], /do not share with each other/],
    ['nobody, and an old host that takes nothing', [withLou, sides({}, { federation: { outgoing: true, incoming: false } }), nobody], /do not share with each other/],
    ['a host where links need a password', [share(), sides({ passwordEnforced: true }), nobody], /password on every link/],
    ['oneself, on one server', [share({ type: 'user', with: { id: 'camille', name: 'camille', email: undefined } }), oneServer, nobody], /your new account/],
    ['oneself, certainly the same person at the new host', [share({ type: 'user', with: { ...lou, id: 'camille' } }), sides(), { ...nobody, person: { ...lou, id: 'camille' } }], /your new account/],
    ['a namesake of oneself', [share({ type: 'user', with: { ...lou, id: 'camille' } }), sides(), { ...nobody, person: { ...lou, id: 'camille', email: 'other@example.org' } }], /may be somebody else's/],
    ['oneself, from another server', [share({ type: 'federated', with: { ...lou, id: 'camille@new.example' } }), sides(), nobody], /your new account/],
  ])('not with %s', (_name, asked, reason) => {
    expect(targetOf(...asked)).toMatchObject({ reason: expect.stringMatching(reason) })
  })

  test.each<[string, Partial<typeof lou>, Partial<typeof lou>, boolean]>([
    ['the same address', {}, { name: 'Lou' }, true],
    ['other addresses, the same name', {}, { email: 'x@example.org' }, false],
  ])('%s', (_name, one, other, same) => {
    expect(isSamePerson({ ...lou, ...one }, { ...lou, ...other })).toBe(same)
  })

  test('without an address, a name that is more than the id', () => {
    const bare = { id: 'lou', name: 'Lou Martin', email: undefined }

    expect(isSamePerson(lou, bare)).toBe(true)
    expect(isSamePerson({ ...lou, name: 'lou' }, { ...bare, name: 'lou' })).toBe(false)
    expect(isSamePerson(bare, { ...bare, name: 'Lou M.' })).toBe(false)
  })
})

describe('terms', () => {
  const noDownload = [{ scope: 'permissions', key: 'download', value: false }]

  test.each<[string, Partial<Share>, Partial<Share>]>([
    ['more rights', { permissions: 1 }, { permissions: 3 }],
    ['a file drop that can be read', { permissions: 4 }, { permissions: 5 }],
    ['no end', { expires: '2099-01-01' }, {}],
    ['a later end', { expires: '2099-01-01' }, { expires: '2099-01-02' }],
    ['no password', { protected: true }, {}],
    ['download', { hideDownload: true }, {}],
    ['download to a person', { type: 'user', attributes: noDownload }, { type: 'user' }],
  ])('%s is more', (_name, here, there) => {
    expect(grantsMore(share(there), share(here))).toBe(true)
    expect(markOf(share(there))).not.toBe(markOf(share(here)))
  })

    test('what differs is told', () => {
    expect([{ permissions: 3 }, { expires: '2099-01-01' }, { hideDownload: true }, { note: 'x' }, {}].map((parts) => differenceBetween(share(), share(parts)))).toEqual([
      'its rights at the new host are not those of the old one', 'it ends on 2099-01-01 at the new host', 'whether it may be downloaded is not as at the old host', 'its name or note is not as at the old host', undefined,
    ])
  })

  test('the right to share on, which servers add to links, is not more; to a person it is', () => {
    expect(grantsMore(share({ permissions: 17 }), share())).toBe(false)
    expect(grantsMore(share({ type: 'user', permissions: 17 }), share({ type: 'user' }))).toBe(true)
  })

  test.each([
    ['lou@old.example', 'lou', 'old.example'],
    ['lou@https://old.example/cloud/index.php', 'lou', 'old.example/cloud'],
    ['lou@example.org@old.example/', 'lou@example.org', 'old.example'],
    ['lou@http://127.0.0.1:8080', 'lou', '127.0.0.1:8080'],
  ])('%s', (id, user, host) => {
    expect(partsOf(id)).toEqual({ user, host })
    expect(sameRecipient('federated', id, `${user}@https://${host}`)).toBe(true)
    expect(sameRecipient('user', id, `${user}@https://${host}`)).toBe(false)
  })
})
