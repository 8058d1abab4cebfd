import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { text } from 'node:stream/consumers'

interface Exchange {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly signal?: AbortSignal
  readonly ca?: string
}

/**
 * An exchange under another `Host` than that of the URL (a site asked by its loopback address), which `fetch` cannot do.
 * Redirects are answers, never followed. With HTTPS the certificate must be that of the host named.
 */
export async function requestAsHost(url: string, options: Exchange, host: string): Promise<{ status: number; headers: Headers; text: string }> {
  const settings: RequestOptions = {
    method: options.method ?? 'GET',
    headers: { ...options.headers, ...(options.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(options.body)) }) },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  }
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const secure = new URL(url).protocol === 'https:'
    const sent = secure
      ? httpsRequest(url, { ...settings, servername: host.replace(/:\d+$/, ''), ...(options.ca === undefined ? {} : { ca: options.ca }) }, resolve)
      : httpRequest(url, settings, resolve)
    sent.on('error', reject)
    sent.end(options.body)
  })
  const headers = new Headers()
  for (const [name, values] of Object.entries(answer.headersDistinct)) for (const value of values ?? []) headers.append(name, value)
  return { status: answer.statusCode ?? 0, headers, text: await text(answer) }
}
