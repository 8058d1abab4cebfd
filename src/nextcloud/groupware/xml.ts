/** Namespaces of CalDAV, CardDAV and what Nextcloud adds, with the prefix that requests use. */
const namespaces = {
  d: 'DAV:',
  cal: 'urn:ietf:params:xml:ns:caldav',
  card: 'urn:ietf:params:xml:ns:carddav',
  cs: 'http://calendarserver.org/ns/',
  ical: 'http://apple.com/ns/ical/',
  oc: 'http://owncloud.org/ns',
  nc: 'http://nextcloud.com/ns',
} as const

/** A name with one of those prefixes, for example `d:getetag`. */
export type XmlName = `${keyof typeof namespaces}:${string}`

/** A property with its content as XML. */
export type XmlProperty = readonly [name: XmlName, inner: string]

const declarations = Object.entries(namespaces).map(([prefix, uri]) => `xmlns:${prefix}="${uri}"`).join(' ')

/** A document with this root. */
export const documentOf = (root: XmlName, inner: string): string => `<?xml version="1.0" encoding="utf-8"?><${root} ${declarations}>${inner}</${root}>`

export const propfindOf = (names: readonly XmlName[]): string => documentOf('d:propfind', propOf(names))
export const propOf = (names: readonly XmlName[]): string => `<d:prop>${names.map((name) => `<${name}/>`).join('')}</d:prop>`
export const settingOf = (properties: readonly XmlProperty[]): string => `<d:set><d:prop>${properties.map(([name, inner]) => `<${name}>${inner}</${name}>`).join('')}</d:prop></d:set>`

const special: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' }

/** Tab, line feed and carriage return alone of the control characters can be written in XML 1.0. */
const writable = (character: string): boolean => character >= ' ' ? character !== '\uFFFE' && character !== '\uFFFF' : '\t\n\r'.includes(character)

/** Text for an element; characters that XML has no way to write are left out. */
export const escapeXml = (text: string): string => Array.from(text).filter(writable).map((character) => special[character] ?? character).join('')
