/** Where a part of an object begins or ends, and its UIDs; a name of a vCard property may have a group before it. */
const marks = /^\uFEFF?(?:(BEGIN|END):[ \t]*([\w-]+)[ \t]*|(?:[\w-]+\.)?UID(?:;[^:\r\n]*)?:([^\r\n]*))$/gim

/**
 * The UID of an iCalendar or vCard text, of one component of it as well, or undefined: that of the first event, task or card, not of an
 * alarm in it, of a time zone or of the calendar around it (RFC 7986, 5.3). Folded lines (RFC 5545, 3.1) are joined. Pure.
 */
export function uidIn(data: string): string | undefined {
  const open: string[] = []
  for (const [, edge, part = '', uid] of data.replaceAll(/\r?\n[ \t]/g, '').matchAll(marks)) {
    if (uid !== undefined && open.length === 1 && open[0] !== 'VTIMEZONE') return uid.trim()
    if (edge === undefined || part.toUpperCase() === 'VCALENDAR') continue
    if (edge.toUpperCase() === 'BEGIN') open.push(part.toUpperCase())
    else open.pop()
  }
  return undefined
}
