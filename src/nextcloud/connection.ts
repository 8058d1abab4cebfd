import { ChatonError } from '../kit/errors.ts'
import { basicAuth, request, type HttpRequest, type HttpResponse } from '../kit/http.ts'

/** Where a Nextcloud answers. */
export interface Server {
  /** Base URL, with a path prefix where there is one (`https://host/cloud`); a trailing slash is ignored. */
  readonly base: string
  /** Added to every request, for example `{ host: 'jardin.example.org' }` for a server reached by its loopback address. */
  readonly headers?: Readonly<Record<string, string>>
  /** Certificate of the authority that vouches for it, PEM, where that is none of the well-known. */
  readonly ca?: string
  /** Of one exchange. Default 30 s. */
  readonly timeoutMs?: number
}

/** A server and the account that speaks to it. `password` is the account's or, far faster, an app password. */
export interface Connection extends Server {
  readonly user: string
  readonly password: string
}

/** `path` starts with a slash and is already URL-encoded. Any status is an answer. */
export async function ask(server: Server, path: string, options: HttpRequest = {}): Promise<HttpResponse> {
  return request(server.base.replace(/\/+$/, '') + path, {
    timeoutMs: server.timeoutMs ?? 30_000,
    ...(server.ca === undefined ? {} : { ca: server.ca }),
    ...options,
    headers: { ...server.headers, ...options.headers },
  })
}

/** As {@link ask}, signed in, with the header that OCS asks for (harmless elsewhere). */
export async function askAs(connection: Connection, path: string, options: HttpRequest = {}): Promise<HttpResponse> {
  const headers = { authorization: basicAuth(connection.user, connection.password), 'ocs-apirequest': 'true', ...options.headers }
  return ask(connection, path, { ...options, headers })
}

/** What a server answered that was not expected: `remote-failed` with the status and the message of its body. */
export function unexpected(what: string, response: HttpResponse): ChatonError {
  const said = /<s:message[^>]*>([^<]+)</.exec(response.text)?.[1] ?? /<message>([^<]+)</.exec(response.text)?.[1]
  const hint = response.status === 401 ? 'the account name or the password is wrong, or the account is disabled' : said
  return new ChatonError('remote-failed', `${what}: the server answered ${response.status}${hint === undefined ? '' : ` (${hint.trim()})`}`, {
    retryable: response.status === 503 || response.status === 423 || response.status === 429,
    data: { status: response.status },
  })
}
