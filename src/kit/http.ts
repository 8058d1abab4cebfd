import { ChatonError } from './errors.ts'
import { mask } from './mask.ts'
import { requestAsHost } from './http-host.ts'

export interface HttpRequest {
  readonly method?: string
  /** `host` asks for another site than the URL's; redirects are then never followed. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** For the whole exchange, body included. Default 30 s. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly redirect?: 'follow' | 'manual' | 'error'
  /** Certificate of the authority to trust, PEM, in place of the well-known ones; only beside a `host` header. */
  readonly ca?: string
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** The one door to HTTP for small exchanges. Any status is an answer; no answer at all throws `remote-failed`. */
export async function request(url: string, options: HttpRequest = {}): Promise<HttpResponse> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? 30_000)
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout
  const host = Object.entries(options.headers ?? {}).find(([name]) => name.toLowerCase() === 'host')?.[1]
  try {
    if (host !== undefined) return await requestAsHost(url, { ...options, signal }, host)
    const response = await fetch(url, {
      method: options.method ?? 'GET',
      redirect: options.redirect ?? 'follow',
      signal,
      ...(options.headers === undefined ? {} : { headers: { ...options.headers } }),
      ...(options.body === undefined ? {} : { body: options.body }),
    })
    return { status: response.status, headers: response.headers, text: await response.text() }
  } catch (error) {
    throw noAnswer(url, error, options.signal)
  }
}

function noAnswer(url: string, error: unknown, signal: AbortSignal | undefined): ChatonError {
  const server = URL.canParse(url) ? new URL(url).origin : `"${mask(url)}", which is not an address`
  if (signal?.aborted) return new ChatonError('interrupted', `the request to ${server} was stopped`, { cause: error })
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
  return new ChatonError('remote-failed', `no answer from ${server}: ${mask(reason.replaceAll(url, server))}`, { retryable: true, cause: error })
}

export const basicAuth = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
