import type { Readable } from 'node:stream'
import { XMLParser } from 'fast-xml-parser'
import { ChatonError } from '../kit/errors.ts'
import { saidIn } from './remote.ts'

/** Text, or an element with its children by local name; several of one name are an array. */
export type XmlValue = string | { readonly [name: string]: XmlValue | readonly XmlValue[] }

/** One `d:response` of a `d:multistatus` (RFC 4918, 14.24). Names are local: Nextcloud uses none twice. */
export interface DavResponse {
  /** As it stands in the answer, percent-encoded. */
  readonly href: string
  /** Of the response as a whole, where it has one (a member that is gone, in a sync report). */
  readonly status: number | undefined
  /** Properties that the server answered with 200. */
  readonly props: Readonly<Record<string, XmlValue | readonly XmlValue[]>>
  /** The others, with their status. */
  readonly refused: Readonly<Record<string, number>>
}

const longestResponse = 64 * 2 ** 20
/** Attributes are children named `@name`; text beside them, `#text`. */
const parser = new XMLParser({ removeNSPrefix: true, ignoreAttributes: (name) => name.startsWith('xmlns'), attributeNamePrefix: '@', parseTagValue: false, trimValues: false, processEntities: false, isArray: (name) => name === 'propstat' })

/**
 * Responses as they arrive: memory is bounded by one of them. `onSyncToken` gets the token of a sync report (RFC 6578, 6.2). Throws
 * `remote-failed` (retryable) for what is not a whole multistatus.
 */
export async function* readMultistatus(body: Readable, onSyncToken?: (token: string) => void): AsyncGenerator<DavResponse> {
  const decoder = new TextDecoder()
  let text = ''
  let tag: string | undefined
  let ended = false
  for await (const chunk of body as AsyncIterable<Buffer>) {
    text += decoder.decode(chunk, { stream: true })
    tag ??= responseTag(text)
    if (tag === undefined && text.length > longestResponse) break
    if (tag === undefined || ended) continue
    let at = 0
    for (;;) {
      const found = nextBlock(text, at, tag)
      if (found === undefined) break
      yield toResponse(found.block)
      at = found.end
    }
    text = text.slice(at)
    ended = text.includes(`</${tag.replace(/response$/, 'multistatus')}>`) || emptyRoot.test(text)
    if (text.length > longestResponse) break
  }
  if (!ended) throw broken(text)
  const token = /<(?:[\w.-]+:)?sync-token>([^<]*)</.exec(text)?.[1]
  if (token !== undefined) onSyncToken?.(decodeEntities(token.trim()))
}

/** How Nextcloud says that a search found nothing. */
const emptyRoot = /<(?:[\w.-]+:)?multistatus(?:\s[^<>]*)?\/>/

const broken = (text: string): ChatonError => {
  const said = saidIn(text)
  return new ChatonError('remote-failed', said === undefined ? 'the server broke off its list, or answered something else' : `the server broke off its list: ${said}`, { retryable: true })
}

/** `d:response`, with the prefix that the document uses; undefined until its root has come. */
function responseTag(text: string): string | undefined {
  const match = /<([\w.-]+:)?multistatus[\s>/]/.exec(text)
  return match === null || !text.includes('>', match.index) ? undefined : `${match[1] ?? ''}response`
}

function nextBlock(text: string, from: number, tag: string): { readonly block: string; readonly end: number } | undefined {
  const start = text.indexOf(`<${tag}>`, from)
  if (start < 0) return undefined
  const close = `</${tag}>`
  const stop = endOutsideCdata(text, start, close)
  return stop < 0 ? undefined : { block: text.slice(start, stop + close.length), end: stop + close.length }
}

function endOutsideCdata(text: string, from: number, close: string): number {
  let stop = text.indexOf(close, from)
  for (let cdata = text.indexOf('<![CDATA[', from); cdata >= 0 && cdata < stop; cdata = text.indexOf('<![CDATA[', cdata)) {
    cdata = text.indexOf(']]>', cdata)
    if (cdata < 0) return -1
    if (stop < cdata) stop = text.indexOf(close, cdata)
  }
  return stop
}

interface Parsed {
  readonly response?: { readonly href?: string; readonly status?: string; readonly propstat?: readonly { readonly prop?: Record<string, XmlValue> | string; readonly status?: string }[] }
}

function toResponse(block: string): DavResponse {
  const { response } = parser.parse(block.replaceAll(/<!\[CDATA\[([\s\S]*?)\]\]>/g, (_section, text: string) => escaped(text))) as Parsed
  if (typeof response?.href !== 'string') throw new ChatonError('remote-failed', 'the server listed something without an address')
  const props: Record<string, XmlValue | readonly XmlValue[]> = {}
  const refused: Record<string, number> = {}
  for (const { prop, status } of response.propstat ?? []) {
    const code = statusIn(status) ?? 200
    for (const [name, value] of Object.entries(typeof prop === 'object' ? prop : {})) {
      if (name === '#text') continue
      if (code === 200) props[name] = decoded(value)
      else refused[name] = code
    }
  }
  return { href: decodeEntities(response.href.trim()), status: statusIn(response.status), props, refused }
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

const statusIn = (line: string | undefined): number | undefined => {
  const code = /^\S+\s+(\d{3})/.exec(line?.trim() ?? '')?.[1]
  return code === undefined ? undefined : Number(code)
}

function decoded(value: XmlValue | readonly XmlValue[]): XmlValue | readonly XmlValue[] {
  if (typeof value === 'string') return decodeEntities(value)
  if (Array.isArray(value)) return value.map((item: XmlValue) => decoded(item) as XmlValue)
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, decoded(inner)]))
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** The five entities of XML, and numbers; no others exist without a document type, which is never read. */
function decodeEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replaceAll(/&(#x[0-9a-fA-F]+|#\d+|\w+);/g, (whole, name: string) => {
    if (!name.startsWith('#')) return entities[name] ?? whole
    const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ''
  })
}

/** The text of a property; empty where it has none, or elements. */
export function textIn(value: DavResponse['props'][string] | undefined): string {
  if (typeof value === 'string') return value
  const text = childrenIn(value)['#text']
  return typeof text === 'string' ? text : ''
}

/** The elements in a property, by local name. */
export function childrenIn(value: DavResponse['props'][string] | undefined): Readonly<Record<string, XmlValue | readonly XmlValue[]>> {
  return typeof value === 'object' && !Array.isArray(value) ? (value as Readonly<Record<string, XmlValue | readonly XmlValue[]>>) : {}
}

/** One element, or several of one name, as a list. */
export const listIn = (value: DavResponse['props'][string] | undefined): readonly XmlValue[] => (value === undefined ? [] : Array.isArray(value) ? (value as readonly XmlValue[]) : [value as XmlValue])
