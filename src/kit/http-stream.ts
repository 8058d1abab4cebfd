import type { Agent as PlainAgent, ClientRequest, IncomingMessage } from 'node:http'
import type { Agent as SecureAgent } from 'node:https'
import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { text } from 'node:stream/consumers'
import { ChatonError } from './errors.ts'
import { mask } from './mask.ts'
import { isPrivateAddress } from './net.ts'
import { http, https } from './node-http.ts'

/** Bytes to send, with their number: a body of unknown length is refused by many web servers. */
export interface StreamedBody {
  readonly stream: Readable
  readonly length: number
}

export interface StreamRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | StreamedBody
  /** Without a byte in either direction. Default 120 s. */
  readonly idleTimeoutMs?: number
  readonly signal?: AbortSignal
}

export interface StreamAnswer {
  readonly status: number
  /** Names in lower case; several values joined by a comma. */
  readonly headers: Readonly<Record<string, string>>
  /** To be read to its end, or destroyed. Breaking off, it fails with `remote-failed` (retryable), stopped with `interrupted`. */
  readonly body: Readable
}

const defaultIdleMs = 120_000

export interface HttpClientOptions {
  /** At once, to each server. */
  readonly maxConnections?: number
  /** False where a person who is not the machine's owner gives the addresses: a connection to this machine or its network is then refused, whatever name leads there. Default true. */
  readonly privateAddresses?: boolean
}

/** The one door to HTTP for bodies that do not fit memory. Connections are kept alive; redirects are answers, never followed. */
export class HttpClient implements Disposable {
  readonly #plain: PlainAgent
  readonly #secure: SecureAgent

  readonly #privateAddresses: boolean

  constructor({ maxConnections = 16, privateAddresses = true }: HttpClientOptions = {}) {
    this.#privateAddresses = privateAddresses
    const settings = { keepAlive: true, maxSockets: maxConnections, scheduling: 'lifo', ...(privateAddresses ? {} : { lookup: publicOnly }) } as const
    this.#plain = new http.Agent(settings)
    this.#secure = new https.Agent(settings)
  }

  /** Any status is an answer; no answer at all throws `remote-failed` (retryable), a stopped one `interrupted`. */
  async send(url: string, options: StreamRequest = {}): Promise<StreamAnswer> {
    const { body, signal, idleTimeoutMs = defaultIdleMs } = options
    const { protocol, hostname } = new URL(url)
    if (!this.#privateAddresses && isPrivateAddress(hostname)) throw privateRefused(hostname)
    const secure = protocol === 'https:'
    const headers = { ...options.headers, ...(body === undefined ? {} : { 'content-length': String(lengthOf(body)) }) }
    const settings = { method: options.method ?? 'GET', headers, timeout: idleTimeoutMs, ...(signal === undefined ? {} : { signal }) }
    const sent = secure ? https.request(url, { ...settings, agent: this.#secure }) : http.request(url, { ...settings, agent: this.#plain })
    sent.on('timeout', () => sent.destroy(new Error(`no byte for ${Math.round(idleTimeoutMs / 1000)} s`)))
    try {
      const answered = answerOf(sent)
      await Promise.race([answered, sendBody(sent, body).then(async () => await answered)])
      const answer = await answered
      tellBreaks(answer, { url, signal })
      return { status: answer.statusCode ?? 0, headers: flat(answer), body: answer }
    } catch (error) {
      throw noStream(url, error, signal)
    }
  }

  [Symbol.dispose](): void {
    this.#plain.destroy()
    this.#secure.destroy()
  }
}

/** The whole body as text, for answers that are small by nature. */
export async function textOf(answer: StreamAnswer): Promise<string> {
  return await text(answer.body)
}

/** Reads and forgets the body, so that its connection can be used again. */
export async function discard(answer: StreamAnswer): Promise<void> {
  for await (const _chunk of answer.body) continue
}

/** Looks at the address that is connected to, not at one asked for earlier: a name may lead elsewhere a moment later. */
const publicOnly: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    const refused = error === null && found.some(({ address }) => isPrivateAddress(address)) ? privateRefused(hostname) : error
    if (options.all === true) done(refused, found)
    else done(refused, found?.[0]?.address ?? '', found?.[0]?.family)
  })
}

const privateRefused = (hostname: string): ChatonError =>
  new ChatonError('refused', `${hostname} is an address of this machine or of its own network, where a move must not reach`, { next: ['give the public address of the Nextcloud'] })

const lengthOf = (body: string | Uint8Array | StreamedBody): number =>
  typeof body === 'string' ? Buffer.byteLength(body) : body instanceof Uint8Array ? body.byteLength : body.length

async function answerOf(sent: ClientRequest): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    sent.once('response', resolve)
    sent.on('error', reject)
  })
}

/** Node destroys an answer that breaks off with an error of its own, which would pass for a fault of ours. */
function tellBreaks(answer: IncomingMessage, { url, signal }: { readonly url: string; readonly signal: AbortSignal | undefined }): void {
  const destroy = answer.destroy.bind(answer)
  answer.destroy = (error) => destroy(isOwn(error) && signal?.aborted !== true ? error : brokeOff(url, error, signal))
}

/** Nothing wrong, our own refusal, or a reader that wants no more. */
const isOwn = (error: Error | null | undefined): boolean => error === undefined || error === null || error instanceof ChatonError || error.name === 'AbortError'

async function sendBody(sent: ClientRequest, body: StreamRequest['body']): Promise<void> {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) sent.end(body)
  else await pipeline(body.stream, sent)
}

function flat(answer: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(answer.headersDistinct).map(([name, values]) => [name, (values ?? []).join(', ')]))
}

function noStream(url: string, error: unknown, signal: AbortSignal | undefined): ChatonError {
  if (error instanceof ChatonError) return error
  return failed(`no answer from ${new URL(url).origin}`, error, signal)
}

const brokeOff = (url: string, error: unknown, signal: AbortSignal | undefined): ChatonError => failed(`the answer of ${new URL(url).origin} broke off`, error, signal)

function failed(what: string, error: unknown, signal: AbortSignal | undefined): ChatonError {
  if (signal?.aborted) return new ChatonError('interrupted', `${what}: it was stopped`, { cause: error })
  const reason = error instanceof Error ? error.message : String(error)
  return new ChatonError('remote-failed', `${what}: ${mask(reason)}`, { retryable: true, cause: error })
}
