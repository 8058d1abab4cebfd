import { asChatonError } from '../../kit/errors.ts'
import { askDav, nameIn } from '../groupware/ask.ts'
import type { CollectionPlace } from '../groupware/place.ts'
import { documentOf, propOf } from '../groupware/xml.ts'
import { unquoted } from '../files/entry.ts'
import { textIn, type DavResponse } from '../multistatus.ts'
import { refusal, sendForText, type Remote } from '../remote.ts'

export const homeOf = (remote: Pick<Remote, 'uid'>): string => `/remote.php/dav/calendars/${encodeURIComponent(remote.uid)}/`

const everything = '<cal:filter><cal:comp-filter name="VCALENDAR"/></cal:filter>'

/** Objects in the trash of all calendars (apps/dav/lib/CalDAV/Trashbin); none where the server has no such place. */
export async function trashedObjects(remote: Remote): Promise<readonly DavResponse[]> {
  const body = documentOf('cal:calendar-query', `${propOf(['d:getetag', 'nc:calendar-uri'])}${everything}`)
  try {
    return (await askDav(remote, `${homeOf(remote)}trashbin/objects/`, { method: 'REPORT', depth: '1', body, what: 'looking into the trash' })).responses
  } catch (thrown) {
    const { data } = asChatonError(thrown)
    if ([404, 405, 415, 501].includes(Number(data['status']))) return []
    throw thrown
  }
}

/** Back under the name that it had. */
export async function restoreObject({ remote, path }: CollectionPlace, etag: string): Promise<boolean> {
  const lies = (await trashedObjects(remote)).find(({ props }) => unquoted(textIn(props['getetag'])) === etag && textIn(props['calendar-uri']) === nameIn(path))
  if (lies === undefined) return false
  const home = homeOf(remote)
  const answer = await sendForText(remote, `${home}trashbin/objects/${encodeURIComponent(nameIn(lies.href))}`, { method: 'MOVE', headers: { destination: `${remote.base}${home}trashbin/restore/file` } })
  if (answer.status === 201 || answer.status === 204) return true
  if (answer.status === 404) return false
  throw refusal('taking an object out of the trash', answer)
}
