import type { RemoteEntry } from '../../nextcloud/files/contract.ts'

export interface NotOwn {
  readonly reason: string
  readonly next: string
}

/** Where nothing tells who that is. */
export const sharedByOther: NotOwn = { reason: 'it was shared with you and belongs to somebody else', next: 'ask its owner to share it with your new account' }

/** Where the owner moves along with the account: nothing that is left behind. */
export const sharedAgain = 'its owner moves too, and shares it again'

/** On one server, between two accounts. */
export const ownedByNew: NotOwn = { reason: 'it was shared with you by your new account, to which it belongs', next: 'nothing: you have it there already' }

/** Why an entry is not the account's own to take along, and what the person can do; undefined if it is theirs. Pure. */
export function notOwn({ permissions, mountType, encrypted }: Pick<RemoteEntry, 'permissions' | 'mountType' | 'encrypted'>): NotOwn | undefined {
  if (encrypted) {
    return {
      reason: 'end-to-end encrypted: only your own devices can read it',
      next: 'open it with the desktop client of the old account, and copy its content into the new one',
    }
  }
  if (mountType === 'group') {
    return { reason: 'a group folder: it belongs to a group, not to you', next: 'ask those who look after the group whether it moves too, or download what you need' }
  }
  if (mountType.startsWith('external')) {
    return { reason: 'an external storage that is only shown in your account', next: 'add it again at the new place, under Settings, External storages' }
  }
  if (mountType === 'shared' || permissions.includes('S')) {
    return sharedByOther
  }
  if (mountType !== '' || permissions.includes('M')) {
    return { reason: `it is mounted into your account${mountType === '' ? '' : ` ("${mountType}")`} and not part of it`, next: 'download what you need of it' }
  }
  return undefined
}
