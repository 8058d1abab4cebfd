/** The first UID of an iCalendar or vCard text, or undefined. Folded lines (RFC 5545, 3.1) are joined. Pure. */
export function uidIn(data: string): string | undefined {
  const unfolded = data.replaceAll(/\r?\n[ \t]/g, '')
  return /^(?:[\w-]+\.)?UID(?:;[^:\r\n]*)?:([^\r\n]*)/im.exec(unfolded)?.[1]?.trim()
}
