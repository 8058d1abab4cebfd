import type { IncomingMessage, RequestOptions } from 'node:http'
import { text } from 'node:stream/consumers'
import { ChatonError } from './errors.ts'
import { mask } from './mask.ts'
import { http, https } from './node-http.ts'

export interface HttpRequest {
  readonly method?: string
  /** `host` asks for another site than the URL's, for example one that is reached by its loopback address; with HTTPS, the certificate must be that of this host. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** For the whole exchange, body included. Default 30 s. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Certificate of the authority to trust, PEM, in place of the well-known ones. */
  readonly ca?: string
}

export interface HttpResponse {
  readonly status: number
  /** By name in lower case; several values joined by a comma. */
  readonly headers: ReadonlyMap<string, string>
  readonly text: string
}

/** The one door to HTTP for small exchanges. Any status is an answer, redirects too; no answer at all throws `remote-failed`. */
export async function request(url: string, options: HttpRequest = {}): Promise<HttpResponse> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? 30_000)
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout
  try {
    return await exchange(url, { ...options, signal })
  } catch (error) {
    throw noAnswer(url, { error, stopped: options.signal?.aborted === true, late: timeout.aborted })
  }
}

async function exchange(url: string, options: HttpRequest): Promise<HttpResponse> {
  const { method = 'GET', headers, body, signal, ca } = options
  const host = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === 'host')?.[1]
  const settings: RequestOptions = {
    method,
    headers: { 'user-agent': 'chaton', ...headers, ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }) },
    ...(signal === undefined ? {} : { signal }),
  }
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const secure = new URL(url).protocol === 'https:'
    const named = host === undefined ? {} : { servername: host.replace(/:\d+$/, '') }
    const sent = secure ? https.request(url, { ...settings, ...named, ...(ca === undefined ? {} : { ca }) }, resolve) : http.request(url, settings, resolve)
    sent.on('error', reject)
    sent.end(body)
  })
  const received = Object.entries(answer.headersDistinct).map(([name, values]) => [name, (values ?? []).join(', ')] as const)
  return { status: answer.statusCode ?? 0, headers: new Map(received), text: await text(answer) }
}

interface Failure {
  readonly error: unknown
  readonly stopped: boolean
  readonly late: boolean
}

function noAnswer(url: string, { error, stopped, late }: Failure): ChatonError {
  const server = URL.canParse(url) ? new URL(url).origin : `"${mask(url)}", which is not an address`
  if (stopped) return new ChatonError('interrupted', `the request to ${server} was stopped`, { cause: error })
  const reason = late ? 'it took too long' : error instanceof Error ? error.message : String(error)
  return new ChatonError('remote-failed', `no answer from ${server}: ${mask(reason.replaceAll(url, server))}`, { retryable: true, cause: error })
}

export const basicAuth = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
