import { expect, test } from 'vitest'
import { RawShare, shareOf } from '../../src/nextcloud/sharing/read.ts'

/** As Nextcloud 32 answers for a share with a person: no password, and attributes without `enabled`. */
const withPerson = {
  id: '1', share_type: 0, uid_owner: 'lou', displayname_owner: 'Lou', permissions: 1, expiration: null, token: null, uid_file_owner: 'lou', note: '', label: '', displayname_file_owner: 'Lou', path: '/Été',
  file_target: '/Été (2)', share_with: 'camille', share_with_displayname: 'Camille', share_with_displayname_unique: 'camille@example.org', mail_send: 0, hide_download: 0,
  attributes: '[{"scope":"permissions","key":"download","value":false}]',
}

test('a share without a password is read, with what it forbids', () => {
  const share = shareOf(RawShare.parse(withPerson), 'https://old.example')

  expect(share).toMatchObject({ type: 'user', path: 'Été', with: { id: 'camille', email: 'camille@example.org' }, protected: false })
  expect(share.attributes).toEqual([{ scope: 'permissions', key: 'download', value: false }])
})
