import { badRequest, unsupportedMediaType } from '../../reply.ts'
import type { Kind } from './store.ts'

/** The UID and the component of an object; throws 415 for what is neither calendar nor card. */
export function inspect(kind: Kind, data: string): { uid: string; component: string } {
  const shape = kind === 'calendar' ? /^BEGIN:VCALENDAR\r?\n[\s\S]*END:VCALENDAR\s*$/ : /^BEGIN:VCARD\r?\n[\s\S]*END:VCARD\s*$/
  if (!shape.test(data)) throw unreadable(kind, 'This parser only supports VCARD and VCALENDAR files')
  checkEnds(kind, data)
  const component = kind === 'calendar' ? /^BEGIN:(VEVENT|VTODO|VJOURNAL)/m.exec(data)?.[1]?.toLowerCase() : 'vcard'
  const uid = /^UID(?:;[^:]*)?:(.+?)\r?$/m.exec(data.replaceAll(/\r?\n[ \t]/g, ''))?.[1]
  if (component === undefined || uid === undefined) throw badRequest('Every object needs a component and a UID')
  return { uid, component }
}

const unreadable = (kind: Kind, reason: string) => unsupportedMediaType(`This resource only supports valid ${kind === 'calendar' ? 'iCalendar 2.0' : 'vCard'} data. Parse error: ${reason}`)

function checkEnds(kind: Kind, data: string): void {
  const open: string[] = []
  for (const [, word, name = ''] of data.matchAll(/^(BEGIN|END):([\w-]+)/gm)) {
    if (word === 'BEGIN') open.push(name)
    else {
      const wanted = open.pop() ?? ''
      if (wanted !== name) throw unreadable(kind, `Invalid MimeDir file. expected: "END:${wanted}" got: "END:${name}"`)
    }
  }
}
