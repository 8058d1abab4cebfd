import { Readable } from 'node:stream'
import { ChatonError, type ErrorCode } from '../kit/errors.ts'
import { basicAuth } from '../kit/http.ts'
import { discard, textOf, type HttpClient, type StreamAnswer, type StreamRequest } from '../kit/http-stream.ts'

/** What a server says of itself, and what follows from its version. */
export interface RemoteFacts {
  /** Three numbers, `32.0.1`. */
  readonly version: string
  readonly major: number
  /** `data.capabilities` of `/ocs/v2.php/cloud/capabilities`, unread. */
  readonly capabilities: Readonly<Record<string, unknown>>
}

/** One account on one Nextcloud, signed in with an app password. The only place that adds credentials to a request. */
export interface Remote {
  /** Base URL without trailing slash, with a path prefix where there is one. */
  readonly base: string
  /** The account's id in DAV paths; it may differ from the name one signs in with. */
  readonly uid: string
  readonly facts: RemoteFacts
  /** `path` starts with a slash and is already URL-encoded. Any status but a redirect is an answer. */
  send(path: string, options?: StreamRequest): Promise<StreamAnswer>
}

export interface RemoteOptions {
  readonly base: string
  /** Sign-in name. */
  readonly user: string
  /** App password. A secret. */
  readonly password: string
  readonly uid: string
  readonly facts: RemoteFacts
  readonly http: HttpClient
}

export function openRemote({ base, user, password, uid, facts, http }: RemoteOptions): Remote {
  const root = base.replace(/\/+$/, '')
  const authorization = basicAuth(user, password)
  return {
    base: root,
    uid,
    facts,
    async send(path, options = {}) {
      const answer = await http.send(root + path, { ...options, headers: { authorization, 'ocs-apirequest': 'true', 'user-agent': 'chaton', ...options.headers } })
      if (answer.status < 300 || answer.status > 399 || answer.status === 304) return answer
      await discard(answer)
      const target = answer.headers['location'] ?? 'nowhere'
      throw new ChatonError('remote-failed', `${root} sends its visitors to ${target}: credentials are not taken there`, {
        next: ['give the address that the server uses for itself'],
        data: { status: answer.status },
      })
    },
  }
}

/** An answer read to its end. */
export interface RemoteText {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

export async function sendForText(remote: Remote, path: string, options: StreamRequest = {}): Promise<RemoteText> {
  const answer = await remote.send(path, options)
  return { status: answer.status, headers: answer.headers, text: await textOf(answer) }
}

const codeOf: Readonly<Record<number, ErrorCode>> = { 404: 'not-found', 412: 'conflict', 507: 'no-room' }

/**
 * A refusal as ChatonError: `not-found` for 404, `conflict` for 412, `no-room` for 507, else `remote-failed`. `data` has `status`
 * and, where the server said when to come back, `retryAfterMs`; where it said that it is in maintenance, `maintenance`. Retryable: 423, 429, 5xx other than 501 and 507, and 408.
 */
export function refusal(what: string, { status, headers, text }: RemoteText): ChatonError {
  const retryAfterMs = retryAfterIn(headers)
  const hint = hintOf(status, headers) ?? saidIn(text)
  return new ChatonError(codeOf[status] ?? 'remote-failed', `${what}: the server answered ${status}${hint === undefined ? '' : ` (${hint})`}`, {
    retryable: status === 423 || status === 429 || status === 408 || (status >= 500 && status !== 501 && status !== 507),
    data: { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }), ...(isMaintenance(headers) ? { maintenance: true } : {}) },
  })
}

/** Seconds, or a date (RFC 9110, 10.2.3): of the server's clock, so it counts from the date of the answer; where that has none, it says nothing. */
function retryAfterIn({ 'retry-after': after, date }: RemoteText['headers']): number | undefined {
  if (after === undefined) return undefined
  if (/^\s*\d+\s*$/.test(after)) return Number(after) * 1000
  const milliseconds = Date.parse(after) - Date.parse(date ?? '')
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined
}

function hintOf(status: number, headers: RemoteText['headers']): string | undefined {
  if (status === 401) return 'the app password no longer works, or the account is disabled'
  return isMaintenance(headers) ? 'it is in maintenance' : undefined
}

const isMaintenance = (headers: RemoteText['headers']): boolean => headers['x-nextcloud-maintenance-mode'] === '1'

/** What a server says in the body of a refusal, or in the middle of an answer that it broke off. */
export function saidIn(text: string): string | undefined {
  const said = /<s:message[^>]*>([^<]+)</.exec(text)?.[1]?.trim() ?? /<message>([^<]+)</.exec(text)?.[1]?.trim()
  return said === '' ? undefined : said
}

/** A stream of one buffer, for bodies that are made in memory. */
export const streamOf = (bytes: Uint8Array): Readable => Readable.from([bytes], { objectMode: false })
