import { Transform, pipeline, type Readable } from 'node:stream'
import { ChatonError } from '../../kit/errors.ts'
import { textOf, type StreamAnswer } from '../../kit/http-stream.ts'
import { refusal, type Remote } from '../remote.ts'
import type { RemoteFiles } from './contract.ts'
import { etagIn } from './entry.ts'
import { addressOf } from './paths.ts'

type ReadOptions = NonNullable<Parameters<RemoteFiles['read']>[1]>
type Content = Awaited<ReturnType<RemoteFiles['read']>>

export async function readFile(remote: Remote, path: string, options: ReadOptions = {}): Promise<Content> {
  return await readAt(remote, { address: addressOf(remote.uid, path), path }, options)
}

/** `address`: encoded, from the server's base; `path`: what people call it. */
export async function readAt(remote: Remote, { address, path }: { readonly address: string; readonly path: string }, options: ReadOptions = {}): Promise<Content> {
  const range = rangeOf(options)
  const condition = options.etag === undefined ? {} : { 'if-match': `"${options.etag}"` }
  const answer = await remote.send(address, { headers: { ...condition, ...(range === undefined ? {} : { range }) } })
  if (range !== undefined && answer.status === 200) throw unexpected(answer, `the server sends all of "${path}" where a part was asked for`)
  if (answer.status !== 200 && answer.status !== 206) throw refusal(`reading "${path}"`, { ...answer, text: await textOf(answer) })
  const size = sizeOf(answer)
  if (size === undefined) throw unexpected(answer, `the server does not say how long "${path}" is`)
  if (range !== undefined && !isRange(answer, size, options)) throw unexpected(answer, `asked for ${range} of "${path}", the server sends ${answer.headers['content-range'] ?? 'something else'}`)
  return { stream: exactly(answer.body, size, path), size, etag: etagIn(answer) ?? '' }
}

/** `Content-Range` is that of the question. */
function isRange({ headers }: StreamAnswer, size: number, { from = 0, to }: ReadOptions): boolean {
  const range = /^bytes (\d+)-(\d+)\//.exec(headers['content-range'] ?? '')
  const [first, last] = [Number(range?.[1] ?? Number.NaN), Number(range?.[2] ?? Number.NaN)]
  return first === from && last - first + 1 === size && (to === undefined || last === to - 1)
}

const rangeOf = ({ from, to }: ReadOptions): string | undefined =>
  from === undefined && to === undefined ? undefined : `bytes=${from ?? 0}-${to === undefined ? '' : to - 1}`

function unexpected(answer: StreamAnswer, message: string): ChatonError {
  answer.body.destroy()
  return new ChatonError('remote-failed', message, { data: { status: answer.status } })
}

function sizeOf({ headers, status }: StreamAnswer): number | undefined {
  const length = headers['content-length']
  if (length !== undefined && /^\d+$/.test(length)) return Number(length)
  const range = status === 206 ? /^bytes (\d+)-(\d+)\//.exec(headers['content-range'] ?? '') : null
  return range === null ? undefined : Number(range[2]) - Number(range[1]) + 1
}

/** The same bytes; fails where they are fewer or more. */
function exactly(body: Readable, size: number, path: string): Readable {
  let seen = 0
  const wrong = (): ChatonError => new ChatonError('remote-failed', `"${path}" broke off: ${seen} of ${size} bytes came`, { retryable: true })
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length
      done(seen > size ? wrong() : null, chunk)
    },
    flush(done) {
      done(seen === size ? null : wrong())
    },
  })
  pipeline(body, meter, () => undefined)
  return meter
}
