import { ChatonError } from '../../../src/kit/errors.ts'
import { streamOf, type Remote } from '../../../src/nextcloud/remote.ts'
import type { StreamAnswer, StreamRequest } from '../../../src/kit/http-stream.ts'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** An answer in place of the server's. */
export interface Instead {
  readonly status: number
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The same account, with every request shown; what `answer` gives is answered instead of asking the server. */
export function meddled(remote: Remote, answer: (asked: Asked) => Instead | undefined): Remote & { readonly asked: Asked[] } {
  const asked: Asked[] = []
  return {
    ...remote,
    asked,
    async send(path: string, options: StreamRequest = {}): Promise<StreamAnswer> {
      const one: Asked = { method: options.method ?? 'GET', path, headers: options.headers ?? {}, body: typeof options.body === 'string' ? options.body : '' }
      asked.push(one)
      const instead = answer(one)
      return instead === undefined ? await remote.send(path, options) : { status: instead.status, headers: instead.headers ?? {}, body: streamOf(Buffer.from(instead.text ?? '')) }
    },
  }
}

/** The same account; requests that match take effect and are not answered, each the first time. */
export function unanswered(remote: Remote, matches: (asked: Pick<Asked, 'method' | 'path'>) => boolean): Remote {
  const lost = new Set<string>()
  return {
    ...remote,
    async send(path, options = {}) {
      const answer = await remote.send(path, options)
      const method = options.method ?? 'GET'
      if (!matches({ method, path }) || lost.has(`${method} ${path}`)) return answer
      lost.add(`${method} ${path}`)
      answer.body.resume()
      throw new ChatonError('remote-failed', 'no answer', { retryable: true })
    },
  }
}

/** Ends a run as `kill -9` would: from its n-th request on, none has an effect, nor an answer. `after`: the n-th has an effect, but no answer. */
export function killedAt(remotes: readonly Remote[], number: number, when: 'before' | 'after'): { readonly remotes: readonly Remote[]; readonly killed: () => boolean } {
  let count = 0
  let dead = false
  const killable = (remote: Remote): Remote => ({
    ...remote,
    async send(path, options) {
      count += 1
      if (count === number) dead = true
      if (dead && !(count === number && when === 'after')) return await new Promise<never>(() => undefined)
      const answer = await remote.send(path, options)
      return dead ? await new Promise<never>(() => undefined) : answer
    },
  })
  return { remotes: remotes.map(killable), killed: () => dead }
}
