import { childrenIn, listIn, textIn, type DavResponse } from '../multistatus.ts'

/**
 * People and groups with whom the account shares a calendar or address book of its own, as they are called: `oc:invite`
 * (DAV\Sharing\Xml\Invite). A published calendar lists its owner as well (28.0.2 and 32.0.1), who is left out. Pure.
 */
export function sharedWithIn(uid: string, invite: DavResponse['props'][string] | undefined): string[] {
  return listIn(childrenIn(invite)['user']).flatMap((user) => {
    const { href, 'common-name': name } = childrenIn(user)
    const principal = textIn(href).replace(/^principal:/, '')
    if (principal === `principals/users/${uid}` || principal === `principals/users/${encodeURIComponent(uid)}`) return []
    return [textIn(name) || (principal.split('/').at(-1) ?? principal)]
  })
}
