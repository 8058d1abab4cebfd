import { describe, expect, test } from 'vitest'
import { attributesText, RawRemoteShare, RawShare, receivedFrom, receivedOf, shareOf } from '../../src/nextcloud/sharing/read.ts'

/** Fields that every share has, as 34.0.1 and 28.0.2 give them; others come with the type. */
const common = { id: '7', uid_owner: 'camille', displayname_owner: 'Camille', uid_file_owner: 'camille', displayname_file_owner: 'Camille', permissions: 17, expiration: null, note: '', label: '', path: '/E\u0301te\u0301/mer', file_target: '/mer', hide_download: 0, attributes: null }
const read = (more: Record<string, unknown>) => shareOf(RawShare.parse({ ...common, ...more }), 'https://old.example')

describe('a share as servers tell it', () => {
  test('with a person: no password and no address of its own', () => {
    expect(read({ share_type: 0, share_with: 'lou', share_with_displayname: 'Lou', share_with_displayname_unique: 'lou@example.org' })).toMatchObject({ type: 'user', path: 'Été/mer', with: { id: 'lou', name: 'Lou', email: 'lou@example.org' }, protected: false, url: undefined })
  })

  test('with a person without an address, the id stands in its place', () => {
    expect(read({ share_type: 0, share_with: 'lou', share_with_displayname_unique: 'lou' }).with.email).toBeUndefined()
  })

  test('a link, with a password and without', () => {
    const link = { share_type: 3, share_with: null, password: null, token: 'abc', url: 'https://old.example/s/abc', expiration: '2099-12-24 00:00:00', hide_download: 1 }

    expect(read(link)).toMatchObject({ type: 'link', with: { id: '' }, protected: false, url: 'https://old.example/s/abc', expires: '2099-12-24', hideDownload: true })
    expect(read({ ...link, password: 'redacted', share_with: 'redacted' })).toMatchObject({ protected: true, with: { id: '' } })
  })

  test('sent by mail: the link that was sent', () => {
    expect(read({ share_type: 4, share_with: 'zoe@example.net', password: null, token: 'def' })).toMatchObject({ type: 'mail', url: 'https://old.example/index.php/s/def' })
  })

  test.each([
    ['28', '[{"scope":"permissions","key":"download","enabled":false}]'],
    ['34', '[{"scope":"permissions","key":"download","value":false}]'],
  ])('attributes of %s, written so that every server reads them', (_release, attributes) => {
    const { attributes: found } = read({ share_type: 0, share_with: 'lou', attributes })

    expect(found).toEqual([{ scope: 'permissions', key: 'download', value: false }])
    expect(JSON.parse(attributesText(found))).toEqual([{ scope: 'permissions', key: 'download', value: false, enabled: false }])
  })

  test('what this program does not know is told as such', () => {
    expect(read({ share_type: 99, share_with: 'x' }).type).toBe('other')
  })
})

test('what others share, from here and from another server, waiting or not', () => {
  const raw = RawShare.parse({ ...common, share_type: 0, uid_file_owner: 'lou', displayname_file_owner: 'Lou', file_target: '/Commun' })
  const remote = RawRemoteShare.parse({ name: '/DeLoin', mountpoint: '{{TemporaryMountPointName#/DeLoin}}', owner: 'max', remote: 'https://far.example/' })

  expect(receivedOf(raw, 'old.example', false)).toEqual({ path: 'Commun', owner: 'Lou', cloudId: 'lou@old.example', waiting: false })
  expect(receivedFrom(remote, true)).toEqual({ path: 'DeLoin', owner: 'max', cloudId: 'max@far.example', waiting: true })
})
