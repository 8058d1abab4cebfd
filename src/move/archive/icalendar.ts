import { uidIn } from '../../nextcloud/groupware/uid.ts'

/** One component of an iCalendar or vCard text, as it stands there. */
export interface RawComponent {
  /** `VEVENT`. */
  readonly name: string
  /** With CRLF at its end. */
  readonly text: string
}

export interface RawText {
  /** Lines of the object itself, without BEGIN and END, with CRLF at the end of each. */
  readonly lines: readonly string[]
  readonly components: readonly RawComponent[]
}

const beginsWith = (line: string, word: string): string | undefined => new RegExp(`^${word}:\\s*([\\w-]+)\\s*$`, 'i').exec(line)?.[1]?.toUpperCase()

/** Texts one after the other (VCALENDAR, VCARD), each with its inner components; undefined where BEGIN and END do not match, or where something else stands there instead. Lines are kept as they are, without the byte order mark that some programs begin a text with. Pure. */
export function rawTexts(text: string, outer: 'VCALENDAR' | 'VCARD'): RawText[] | undefined {
  const texts: RawText[] = []
  const open: string[] = []
  let own: string[] = []
  let inner: string[] = []
  let components: RawComponent[] = []
  for (const line of text.replaceAll(/^\uFEFF/gm, '').split(/\r?\n/)) {
    const [begins, ends] = [beginsWith(line, 'BEGIN'), beginsWith(line, 'END')]
    if (begins !== undefined) open.push(begins)
    if (open.length === 0 || line === '') continue
    if (open[0] !== outer) return undefined
    if (open.length > 1) inner.push(line)
    else if (begins === undefined && ends === undefined) own.push(line)
    if (ends === undefined) continue
    if (open.pop() !== ends) return undefined
    if (open.length === 1) {
      components.push({ name: ends, text: joined(inner) })
      inner = []
    } else if (open.length === 0) {
      texts.push({ lines: own.map((line) => `${line}\r\n`), components })
      ;[own, components] = [[], []]
    }
  }
  return open.length === 0 && !isSomethingElse(texts, text) ? texts : undefined
}

const isSomethingElse = (texts: readonly RawText[], text: string): boolean => texts.length === 0 && text.trim() !== ''

const joined = (lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join('')

const unfolded = (text: string): string => text.replaceAll(/\r?\n[ \t]/g, '')

/** Zones that the component's times are told in, and the one that a zone defines: there the name is a text with escapes, in a parameter without (RFC 5545, 3.2.19 and 3.8.3.1); some programs escape it in both. */
const zonesIn = (text: string): string[] => [...unfolded(text).matchAll(/;TZID=("[^"\r\n]*"|(?:\\[^\r\n]|[^"\\:;,\r\n])*)/gi)].map(([, zone = '']) => unescaped(zone.replace(/^"(.*)"$/, '$1')).trim())
const zoneOf = (text: string): string => unescaped(/^TZID(?:;[^:\r\n]*)?:([^\r\n]*)/im.exec(unfolded(text))?.[1] ?? '').trim()
const zonesBy = (texts: Iterable<string>): ReadonlyMap<string, string> => new Map(Array.from(texts, (text) => [zoneOf(text), text]))

/** RFC 5545, 3.3.11. */
const escaped = (value: string): string => value.replaceAll(/[\\;,]/g, String.raw`\$&`).replaceAll(/\r?\n/g, String.raw`\n`)
const unescaped = (value: string): string => value.replaceAll(/\\([\\;,nN])/g, (_whole, letter: string) => (letter === 'n' || letter === 'N' ? '\n' : letter))

/** RFC 5545, 3.1: lines of at most 75 bytes. */
function folded(line: string): string {
  let rest = Array.from(line)
  let text = ''
  while (Buffer.byteLength(rest.join('')) > 74) {
    let taken = 0
    for (let bytes = 0; taken < rest.length; taken++) {
      bytes += Buffer.byteLength(rest[taken] ?? '')
      if (bytes > 74) break
    }
    text += `${rest.slice(0, taken).join('')}\r\n `
    rest = rest.slice(taken)
  }
  return `${text}${rest.join('')}\r\n`
}

export interface CalendarLook {
  readonly displayName: string | undefined
  readonly colour: string | undefined
}

/** By UID of an object, then by TZID: a zone that this object tells otherwise than the calendar does. */
export type OwnZones = ReadonlyMap<string, ReadonlyMap<string, string>>

export interface MergedCalendar {
  readonly text: string
  /** Left out: what cannot be read. */
  readonly unreadable: readonly string[]
  readonly ownZones: OwnZones
  readonly count: number
}

/** All objects of a calendar as one (as sabre's ICSExportPlugin does): of each zone the first that is told, then everything else. Pure. */
export function mergedCalendar({ displayName, colour }: CalendarLook, objects: readonly string[]): MergedCalendar {
  const zones = new Map<string, string>()
  const ownZones = new Map<string, Map<string, string>>()
  const unreadable: string[] = []
  let body = ''
  let count = 0
  for (const object of objects) {
    const components = rawTexts(object, 'VCALENDAR')?.flatMap(({ components }) => components)
    if (components === undefined || components.length === 0) {
      unreadable.push(object)
      continue
    }
    for (const { name, text } of components) {
      if (name !== 'VTIMEZONE') body += text
      else if ((zones.get(zoneOf(text)) ?? text) === text) zones.set(zoneOf(text), text)
      else noteZone(ownZones, uidIn(object) ?? '', text)
    }
    count += 1
  }
  const head = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//chaton//account archive//EN', 'CALSCALE:GREGORIAN', ...(displayName === undefined ? [] : [`X-WR-CALNAME:${escaped(displayName)}`]), ...(colour === undefined ? [] : [`X-APPLE-CALENDAR-COLOR:${colour}`])]
  return { text: `${head.map(folded).join('')}${[...zones.values()].join('')}${body}END:VCALENDAR\r\n`, unreadable, ownZones, count }
}

function noteZone(ownZones: Map<string, Map<string, string>>, uid: string, text: string): void {
  const own = ownZones.get(uid) ?? new Map<string, string>()
  ownZones.set(uid, own.set(zoneOf(text), text))
}

export interface SplitObject {
  /** Empty where it has none. */
  readonly uid: string
  readonly data: string
}

export interface SplitCalendar extends CalendarLook {
  readonly objects: readonly SplitObject[]
  readonly components: ReadonlySet<string>
}

/** A merged calendar as the objects it was made of: components of one UID together, each with the zones it needs. Undefined where it cannot be read. Pure. */
export function splitCalendar(text: string, ownZones: OwnZones = new Map()): SplitCalendar | undefined {
  const texts = rawTexts(text, 'VCALENDAR')
  if (texts === undefined) return undefined
  const components = texts.flatMap(({ components }) => components)
  const zones = zonesBy(components.filter(({ name }) => name === 'VTIMEZONE').map(({ text }) => text))
  // By what they define: their names were noted with escapes once.
  const own = new Map([...ownZones].map(([uid, some]) => [uid, zonesBy(some.values())]))
  const entries = components.filter(({ name }) => name !== 'VTIMEZONE')
  const groups = Map.groupBy(entries.entries(), ([index, { text }]) => uidIn(text) || `\n${index}`)
  const objects = [...groups].map(([uid, group]) => ({ uid: uid.startsWith('\n') ? '' : uid, data: objectOf(group.map(([, { text }]) => text), (zone) => own.get(uid)?.get(zone) ?? zones.get(zone) ?? '') }))
  return { ...lookOf(texts), objects, components: new Set(entries.map(({ name }) => name)) }
}

function objectOf(texts: readonly string[], zone: (name: string) => string): string {
  const needed = new Set(texts.flatMap(zonesIn))
  return ['BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//chaton//account archive//EN\r\nCALSCALE:GREGORIAN\r\n', ...[...needed].map(zone), ...texts, 'END:VCALENDAR\r\n'].join('')
}

function lookOf(texts: readonly RawText[]): CalendarLook {
  const lines = unfolded(texts.flatMap(({ lines }) => lines).join(''))
  const value = (name: string): string | undefined => new RegExp(`^${name}(?:;[^:\\r\\n]*)?:([^\\r\\n]*)`, 'im').exec(lines)?.[1]?.trim()
  const name = value('X-WR-CALNAME')
  return { displayName: name === undefined ? undefined : unescaped(name), colour: value('X-APPLE-CALENDAR-COLOR') }
}

/** Cards one after the other, each with its UID; undefined where they cannot be read. Pure. */
export function splitCards(text: string): SplitObject[] | undefined {
  return rawTexts(text, 'VCARD')?.map(({ lines, components }) => {
    const data = `BEGIN:VCARD\r\n${lines.join('')}${components.map(({ text }) => text).join('')}END:VCARD\r\n`
    return { uid: uidIn(data) ?? '', data }
  })
}

/** Cards one after the other. Those that cannot be read are left out and come back in `unreadable`. Pure. */
export function mergedCards(cards: readonly string[]): { readonly text: string; readonly unreadable: readonly string[]; readonly count: number } {
  const read = cards.map((card) => [card, splitCards(card)] as const)
  const good = read.flatMap(([, split]) => split ?? [])
  return { text: good.map(({ data }) => data).join(''), unreadable: read.filter(([, split]) => (split ?? []).length === 0).map(([card]) => card), count: good.length }
}
