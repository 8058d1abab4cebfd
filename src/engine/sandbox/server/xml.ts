import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { badRequest, type DavError, type Reply } from './reply.ts'

/** An element with its namespace resolved: `{DAV:}prop`. */
export interface Element {
  readonly name: string
  /** By name as written; declarations of namespaces are left out. */
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
  readonly text: string
}

const parser = new XMLParser({ preserveOrder: true, ignoreAttributes: false, attributeNamePrefix: '', processEntities: false, parseTagValue: false, trimValues: false, ignoreDeclaration: true, ignorePiTags: true })
type Parsed = { ':@'?: Record<string, string> } & Record<string, unknown>

/** The root element; no DOCTYPE, so no entities but the five of XML and numbers. Throws 400 for anything else. */
export function parseXml(text: string): Element {
  const valid = XMLValidator.validate(text)
  if (valid !== true) throw badRequest(`${valid.err.msg} on line ${valid.err.line}, column ${valid.err.col}`)
  if (/<!DOCTYPE/i.test(text)) throw badRequest('A document type is not allowed in a request')
  const elements = resolve(parser.parse(text) as Parsed[], new Map([['', ''], ['xml', 'xml']]))
  const root = elements[0]
  if (root === undefined) throw badRequest('Document is empty on line 1, column 1')
  return root
}

function resolve(nodes: readonly Parsed[], inherited: ReadonlyMap<string, string>): Element[] {
  return nodes.flatMap((node) => {
    const tag = Object.keys(node).find((key) => key !== ':@' && key !== '#text' && key !== '#comment')
    if (tag === undefined) return []
    const scope = new Map(inherited)
    for (const [name, value] of Object.entries(node[':@'] ?? {})) {
      if (name === 'xmlns') scope.set('', value)
      else if (name.startsWith('xmlns:')) scope.set(name.slice(6), value)
    }
    const [prefix, local] = tag.includes(':') ? [tag.slice(0, tag.indexOf(':')), tag.slice(tag.indexOf(':') + 1)] : ['', tag]
    const namespace = scope.get(prefix)
    if (namespace === undefined) throw badRequest(`The prefix "${prefix}" has no namespace`)
    const content = node[tag] as Parsed[]
    const attributes = Object.fromEntries(Object.entries(node[':@'] ?? {}).filter(([name]) => !name.startsWith('xmlns')).map(([name, value]) => [name, decode(value)]))
    const text = content.map((part) => (typeof part['#text'] === 'string' ? part['#text'] : '')).join('')
    return [{ name: `{${namespace}}${local}`, attributes, children: resolve(content, scope), text: decode(text) }]
  })
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decode(text: string): string {
  return text.replaceAll(/&(#x[0-9a-fA-F]+|#\d+|\w+);/g, (whole, name: string) => {
    if (!name.startsWith('#')) return entities[name] ?? whole
    const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ''
  })
}

const special: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' }
export const escapeXml = (text: string): string => text.replaceAll(/[&<>"\r]/g, (character) => special[character] ?? '')

export const find = (element: Element | undefined, name: string): Element | undefined => element?.children.find((child) => child.name === name)

const prefixes: Readonly<Record<string, string>> = {
  'DAV:': 'd',
  'http://sabredav.org/ns': 's',
  'http://owncloud.org/ns': 'oc',
  'http://nextcloud.org/ns': 'nc',
  'urn:ietf:params:xml:ns:caldav': 'cal',
  'http://calendarserver.org/ns/': 'cs',
  'urn:ietf:params:xml:ns:carddav': 'card',
}
const namespaces = Object.entries(prefixes).map(([uri, prefix]) => `xmlns:${prefix}="${uri}"`).join(' ')

/** An element as XML again. */
export const elementXml = ({ name, attributes, children, text }: Element): string => tag(name, children.length === 0 ? escapeXml(text) : children.map(elementXml).join(''), attributes)

/** `<d:name>inner</d:name>` for `{DAV:}name`; `inner` is XML. */
export function tag(name: string, inner = '', attributes: Element['attributes'] = {}): string {
  const [, namespace = '', local = ''] = /^\{([^}]*)\}(.*)$/.exec(name) ?? []
  const prefix = prefixes[namespace]
  const listed = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(value)}"`).join('')
  const [start, close] = prefix === undefined ? [`x1:${local} xmlns:x1="${escapeXml(namespace)}"`, `x1:${local}`] : [`${prefix}:${local}`, `${prefix}:${local}`]
  const open = start + listed
  return inner === '' ? `<${open}/>` : `<${open}>${inner}</${close}>`
}

export interface PropResponse {
  readonly href: string
  /** Name and inner XML. */
  readonly found: readonly (readonly [string, string])[]
  readonly missing: readonly string[]
}

const propstat = (props: string, status: string): string => `<d:propstat><d:prop>${props}</d:prop><d:status>HTTP/1.1 ${status}</d:status></d:propstat>`

export function responseXml({ href, found, missing }: PropResponse): string {
  const have = found.length > 0 || missing.length === 0 ? propstat(found.map(([name, inner]) => tag(name, inner)).join(''), '200 OK') : ''
  const lack = missing.length > 0 ? propstat(missing.map((name) => tag(name)).join(''), '404 Not Found') : ''
  return `<d:response><d:href>${escapeXml(href)}</d:href>${have}${lack}</d:response>`
}

export const davHeader =
  '1, 3, extended-mkcol, access-control, calendarserver-principal-property-search, calendar-access, addressbook, nextcloud-checksum-update'

export function multistatus(responses: readonly string[], tail = ''): Reply {
  const inner = responses.join('') + tail
  return {
    status: 207,
    headers: { 'content-type': 'application/xml; charset=utf-8', dav: davHeader },
    body: `<?xml version="1.0"?>\n${inner === '' ? `<d:multistatus ${namespaces}/>` : `<d:multistatus ${namespaces}>${inner}</d:multistatus>`}`,
  }
}

export function errorReply(error: DavError): Reply {
  const { header, headers, invalidPath } = error.details
  const message = error.message === '' ? '<s:message/>' : `<s:message>${escapeXml(error.message)}</s:message>`
  const extra = [
    ...(header === undefined ? [] : [`  <s:header>${header}</s:header>\n`]),
    ...(invalidPath ? [`  <o:retry xmlns:o="o:">false</o:retry>\n  <o:reason xmlns:o="o:">${escapeXml(error.message)}</o:reason>\n`] : []),
  ]
  return {
    status: error.status,
    headers: { 'content-type': 'application/xml; charset=utf-8', ...headers },
    body: `<?xml version="1.0" encoding="utf-8"?>\n<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns">\n  <s:exception>${error.exception}</s:exception>\n  ${message}\n${extra.join('')}</d:error>\n`,
  }
}
