import { createHash, type Hash } from 'node:crypto'
import { Readable } from 'node:stream'
import { asChatonError, ChatonError } from '../../kit/errors.ts'
import { passed } from '../../kit/memory.ts'
import type { HashAlgorithm } from '../../nextcloud/files/contract.ts'
import type { FilesRun } from './run.ts'

/** What this needs of a run. */
export interface Passing extends Pick<FilesRun, 'context'> {
  /** False: what passes is not hashed here. Default true. */
  readonly hashed?: boolean
  /** Throws where it is to end. `bytes`: those that have just come. */
  check(bytes?: number): void
}

export interface Opened {
  readonly stream: Readable
  readonly size: number
}

export interface Passed<T> {
  readonly value: T
  /** MD5 of what passed, lower-case hex; undefined where it was not hashed. */
  readonly digest: string | undefined
}

/** A failure with the side on which it happened: they call for different acts. */
export class SourceFailed extends Error {
  override readonly cause: unknown
  constructor(cause: unknown) {
    super('the source failed', { cause })
    this.cause = cause
  }
}

type Read = () => Promise<Opened>
type Write<T> = (body: { stream: Readable; length: number }) => Promise<T>

/**
 * A request out piped into a request in, each within the pace of its host: a host answers for its own failures only. Throws what the
 * destination threw, or {@link SourceFailed} with what the source threw.
 */
export async function through<T>(run: Passing, open: Read, write: Write<T>): Promise<Passed<T>> {
  const { source, destination } = run.context
  if (source.pace === destination.pace) return await withinOne(run, open, write)
  const outcome = await destination.pace.run(async () => {
    const once = await source.pace
      .run(async () => await passOnce(run, open, write))
      .catch((error: unknown) => ({ sourceError: error }))
    if ('destinationError' in once) throw once.destinationError
    return once
  })
  if ('sourceError' in outcome) throw new SourceFailed(outcome.sourceError)
  return outcome
}

/** Both accounts on one server: its pace is entered once, as whoever is in and waits to enter again would wait for itself. */
async function withinOne<T>(run: Passing, open: Read, write: Write<T>): Promise<Passed<T>> {
  let ofSource: unknown
  try {
    return await run.context.source.pace.run(async () => {
      ofSource = undefined
      const once = await passOnce(run, open, write).catch((error: unknown) => {
        ofSource = error
        throw error
      })
      if ('destinationError' in once) throw once.destinationError
      return once
    })
  } catch (error) {
    throw error === ofSource ? new SourceFailed(error) : error
  }
}

async function passOnce<T>(run: Passing, open: Read, write: Write<T>): Promise<Passed<T> | { readonly destinationError: unknown }> {
  run.check()
  const { stream, size } = await open()
  const tap = new Tap(stream, run)
  try {
    const value = await write({ stream: tap.stream, length: size })
    return { value, digest: tap.digest() }
  } catch (error) {
    if (tap.failure !== undefined) throw tap.failure
    return { destinationError: error }
  } finally {
    tap.stream.destroy()
    stream.destroy()
  }
}

/** Hashes what passes, and knows whether it was the source that broke off. */
class Tap {
  readonly stream: Readable
  failure: ChatonError | undefined
  readonly #hash: Hash | undefined

  constructor(source: Readable, run: Passing) {
    this.#hash = run.hashed === false ? undefined : createHash('md5')
    this.stream = Readable.from(this.#chunks(source, run), { objectMode: false, highWaterMark: 256 * 1024 })
    // A stream that fails when nobody reads any more must not end the process.
    this.stream.on('error', () => {})
  }

  async *#chunks(source: Readable, run: Passing): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of source as AsyncIterable<Buffer>) {
        run.check(chunk.length)
        this.#hash?.update(chunk)
        yield chunk
        passed(chunk.length)
      }
    } catch (error) {
      this.failure = asFailure(error)
      throw this.failure
    }
  }

  digest(): string | undefined {
    return this.#hash?.digest('hex')
  }
}

function asFailure(error: unknown): ChatonError {
  const known = asChatonError(error)
  return known.code === 'bug' ? new ChatonError('remote-failed', `the source broke off: ${known.message}`, { retryable: true, cause: error }) : known
}

/** Hash of a whole stream, for servers that do not reckon it themselves. Lower-case hex. */
export async function hashOf(stream: Readable, algorithm: HashAlgorithm): Promise<string> {
  const hash = createHash(algorithm)
  for await (const chunk of stream as AsyncIterable<Buffer>) hash.update(chunk)
  return hash.digest('hex')
}
