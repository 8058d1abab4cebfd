import { XMLParser } from 'fast-xml-parser'
import { basicAuth } from '../../src/kit/http.ts'

/** One account on one server, for tests that look at the wire. */
export interface Wire {
  readonly url: string
  readonly user: string
  readonly password: string
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly bytes: Buffer
}

export interface Ask {
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer<ArrayBuffer>
  /** `false`: not signed in. */
  readonly as?: { user: string; password: string } | false
}

export async function ask({ url, user, password }: Wire, method: string, path: string, options: Ask = {}): Promise<Answer> {
  const as = options.as ?? { user, password }
  const response = await fetch(url + path, {
    method,
    redirect: 'manual',
    headers: { ...(as === false ? {} : { authorization: basicAuth(as.user, as.password) }), ...options.headers },
    ...(options.body === undefined ? {} : { body: options.body }),
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  return { status: response.status, headers: response.headers, text: bytes.toString('utf8'), bytes }
}

export const exceptionOf = (answer: Answer): string | undefined => /<s:exception>([^<]+)</.exec(answer.text)?.[1]?.split('\\').at(-1)

const parser = new XMLParser({ removeNSPrefix: true, processEntities: true, parseTagValue: false, ignoreAttributes: true, isArray: (name) => ['response', 'propstat'].includes(name) })

export interface Found {
  readonly href: string
  /** Values by local name; collections in `resourcetype` are objects. */
  readonly props: Record<string, unknown>
  readonly missing: readonly string[]
}

export function multistatus(answer: Answer): Found[] {
  interface Stat {
    prop: Record<string, unknown> | ''
    status: string
  }
  const tree = parser.parse(answer.text) as { multistatus: { response?: { href: string; propstat?: Stat[] }[] } }
  return (tree.multistatus.response ?? []).map(({ href, propstat = [] }) => {
    const of = (code: string): Record<string, unknown> => Object.assign({}, ...propstat.filter((stat) => stat.status.includes(code)).map((stat) => stat.prop || {})) as Record<string, unknown>
    return { href, props: of('200'), missing: Object.keys(of('404')) }
  })
}

export const names = (list: string): string => {
  const inner = list.split(' ').map((name) => `<${name.includes(':') ? name : `d:${name}`}/>`).join('')
  return `<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns" xmlns:cs="http://calendarserver.org/ns/"><d:prop>${inner}</d:prop></d:propfind>`
}

export async function propfind(wire: Wire, path: string, list: string, depth: '0' | '1' | 'infinity' = '0'): Promise<Found[]> {
  const answer = await ask(wire, 'PROPFIND', path, { body: names(list), headers: { depth, 'content-type': 'application/xml' } })
  if (answer.status !== 207) throw new Error(`PROPFIND ${path}: ${answer.status} ${answer.text}`)
  return multistatus(answer)
}
