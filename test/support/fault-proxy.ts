import { Agent, createServer, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { buffer } from 'node:stream/consumers'

/** A request as rules see it. */
export interface Asked {
  readonly method: string
  /** Path and query, encoded. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** Of the body. */
  readonly bytes: number
}

export interface WholeAnswer {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer
  /** True: the connection ends after the body, whatever the headers promised. */
  readonly breaks?: boolean
}

/** What happens to a request. A `share` is the part of the body that passes, from 0 to 1; where it is left out, it is drawn. */
export type Effect =
  /** The server is not asked. `early`: before the body of the request has come, as proxies do that find it too large. */
  | { readonly kind: 'answer'; readonly status: number; readonly headers?: OutgoingHttpHeaders; readonly body?: string; readonly early?: boolean }
  /** Answered at once, and the server begins so much later: a proxy before it waited no longer. */
  | { readonly kind: 'late'; readonly status: number; readonly laterMs: number }
  | { readonly kind: 'cut-request'; readonly share?: number }
  /** The server has done it. */
  | { readonly kind: 'cut-answer'; readonly share?: number }
  /** No byte more, and the connection stays open. */
  | { readonly kind: 'stall-request' }
  | { readonly kind: 'stall-answer'; readonly share?: number }
  | { readonly kind: 'edit'; readonly edit: (answer: WholeAnswer, asked: Asked) => WholeAnswer }
  /** Something else happens first. */
  | { readonly kind: 'after'; readonly act: () => Promise<void> }

export interface Rule {
  readonly on: (asked: Asked) => boolean
  /** So many matching requests pass first. */
  readonly skip?: number
  /** Of those that match, each so-manieth. Default: all. */
  readonly every?: number
  /** At most so often. */
  readonly times?: number
  readonly effect: Effect
}

export interface FaultProxy extends AsyncDisposable {
  readonly url: string
  /** The rules from now on, the first that fits counts. */
  use(...rules: readonly Rule[]): void
  /** How often some rule had its effect since the last `use`. */
  readonly applied: number
  /** Waits for what servers still do for requests that were answered before. */
  settled(): Promise<void>
}

interface State {
  readonly rule: Rule
  matched: number
  applied: number
}

/** Stands before a server and does to requests and answers what bad networks, proxies and servers do. `random` gives numbers below 1. */
export async function faultProxy(of: string, random: () => number): Promise<FaultProxy> {
  const target = new URL(of)
  const agent = new Agent({ keepAlive: true })
  const pending = new Set<Promise<unknown>>()
  let states: State[] = []
  const shareOf = ({ share }: { readonly share?: number }): number => share ?? random()

  function effectFor(asked: Asked): Effect | undefined {
    const state = states.find(({ rule }) => rule.on(asked))
    if (state === undefined) return undefined
    const { skip = 0, every = 1, times = Number.POSITIVE_INFINITY, effect } = state.rule
    state.matched += 1
    if (state.matched <= skip || (state.matched - skip) % every !== 0 || state.applied >= times) return undefined
    state.applied += 1
    return effect
  }

  const onward = (incoming: Pick<IncomingMessage, 'method' | 'url' | 'headers'>) => {
    const { connection: _connection, ...headers } = incoming.headers
    return httpRequest({ agent, hostname: target.hostname, port: target.port, method: incoming.method, path: incoming.url, headers: { ...headers, host: target.host } })
  }

  async function ask(incoming: IncomingMessage, body: Buffer): Promise<WholeAnswer> {
    const sent = onward(incoming)
    const reply = await new Promise<IncomingMessage>((resolve, reject) => {
      sent.once('response', resolve).once('error', reject).end(body)
    })
    return { status: reply.statusCode ?? 502, headers: endToEnd(reply.headers), body: await buffer(reply) }
  }

  async function cutRequest(incoming: IncomingMessage, bytes: number): Promise<void> {
    const sent = onward(incoming)
    sent.on('error', () => undefined)
    sent.flushHeaders()
    let left = bytes
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      if (left <= 0) break
      sent.write(chunk.subarray(0, left))
      left -= chunk.length
    }
    await delay(20)
    sent.destroy()
    incoming.socket.destroy()
  }

  async function late(incoming: IncomingMessage, outgoing: ServerResponse, { status, laterMs }: Extract<Effect, { kind: 'late' }>): Promise<void> {
    const body = await buffer(incoming)
    outgoing.writeHead(status).end('<html>Gateway Time-out</html>')
    const work = delay(laterMs).then(async () => await ask(incoming, body)).catch(() => undefined)
    pending.add(work)
    await work
    pending.delete(work)
  }

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const asked: Asked = { method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers, bytes: Number(incoming.headers['content-length'] ?? 0) }
    const effect = effectFor(asked)
    if (effect?.kind === 'after') await effect.act()
    if (effect === undefined || effect.kind === 'after') pass(incoming, outgoing)
    else if (effect.kind === 'stall-request') incoming.pause()
    else if (effect.kind === 'cut-request') await cutRequest(incoming, Math.floor(asked.bytes * shareOf(effect)))
    else if (effect.kind === 'late') await late(incoming, outgoing, effect)
    else await answered(effect, asked, { incoming, outgoing })
  }

  async function answered(effect: Exclude<Effect, { kind: 'after' | 'stall-request' | 'cut-request' | 'late' }>, asked: Asked, { incoming, outgoing }: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse }): Promise<void> {
    const body = effect.kind === 'answer' && effect.early === true ? Buffer.alloc(0) : await buffer(incoming)
    if (effect.kind === 'answer') {
      incoming.resume()
      outgoing.writeHead(effect.status, effect.headers ?? {}).end(effect.body ?? '')
      return
    }
    const answer = await ask(incoming, body)
    if (effect.kind === 'edit') whole(outgoing, effect.edit(answer, asked))
    else if (effect.kind === 'cut-answer') cut(outgoing, answer, Math.floor(answer.body.length * shareOf(effect)))
    else stall(outgoing, answer, Math.floor(answer.body.length * shareOf(effect)))
  }

  function pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const sent = onward(incoming)
    sent.on('error', () => outgoing.destroy())
    sent.on('response', (reply) => {
      reply.on('error', () => outgoing.destroy())
      reply.pipe(outgoing.writeHead(reply.statusCode ?? 502, endToEnd(reply.headers)))
    })
    incoming.on('error', () => sent.destroy())
    incoming.pipe(sent)
  }

  const server = createServer((incoming, outgoing) => {
    outgoing.on('error', () => undefined)
    handle(incoming, outgoing).catch(() => outgoing.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    use: (...rules) => void (states = rules.map((rule) => ({ rule, matched: 0, applied: 0 }))),
    get applied() {
      return states.reduce((sum, { applied }) => sum + applied, 0)
    },
    settled: async () => void (await Promise.all(pending)),
    async [Symbol.asyncDispose]() {
      await Promise.all(pending)
      server.close()
      server.closeAllConnections()
      agent.destroy()
    },
  }
}

function endToEnd({ connection: _connection, 'transfer-encoding': _encoding, 'keep-alive': _alive, ...headers }: IncomingHttpHeaders): OutgoingHttpHeaders {
  return headers
}

const promised = ({ headers, body }: WholeAnswer): OutgoingHttpHeaders => ({ ...headers, 'content-length': body.length })

/** Nothing at all of the answer, or its head and so many bytes of its body. */
function cut(outgoing: ServerResponse, answer: WholeAnswer, bytes: number): void {
  if (bytes === 0) outgoing.destroy()
  else outgoing.writeHead(answer.status, promised(answer)).write(answer.body.subarray(0, bytes), () => outgoing.destroy())
}

function stall(outgoing: ServerResponse, answer: WholeAnswer, bytes: number): void {
  outgoing.writeHead(answer.status, promised(answer)).write(answer.body.subarray(0, bytes))
}

function whole(outgoing: ServerResponse, { status, headers, body, breaks = false }: WholeAnswer): void {
  outgoing.writeHead(status, headers)
  if (breaks) outgoing.write(body, () => outgoing.destroy())
  else outgoing.end(body)
}
