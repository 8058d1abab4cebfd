import type { Readable } from 'node:stream'
import { passed } from '../../../kit/memory.ts'

/** Bytes of a stream in pieces of the length asked for. Keeps what was read and not taken. */
export class ByteReader {
  readonly #source: AsyncIterator<Buffer>
  #chunks: Buffer[] = []
  #length = 0
  #ended = false

  constructor(source: Readable) {
    this.#source = (source as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  }

  /** Bytes that are here already. */
  get ready(): number {
    return this.#length
  }

  /** True once at least `count` bytes are here; false if the stream ends before. */
  async fill(count: number): Promise<boolean> {
    while (this.#length < count && !this.#ended) {
      const { done, value } = await this.#source.next()
      if (done === true) this.#ended = true
      else if (value.length > 0) {
        this.#chunks.push(value)
        this.#length += value.length
      }
    }
    return this.#length >= count
  }

  /** The next bytes, at most those that are here, without taking them. */
  peek(count: number): Buffer {
    if (this.#chunks.length === 0) return Buffer.alloc(0)
    if (this.#chunks.length > 1 && (this.#chunks[0]?.length ?? 0) < Math.min(count, this.#length)) this.#chunks = [Buffer.concat(this.#chunks)]
    return (this.#chunks[0] ?? Buffer.alloc(0)).subarray(0, count)
  }

  take(count: number): Buffer {
    const bytes = this.peek(count)
    const [first, ...rest] = this.#chunks
    const left = first?.subarray(bytes.length)
    this.#chunks = left === undefined || left.length === 0 ? rest : [left, ...rest]
    this.#length -= bytes.length
    return bytes
  }

  /** Moves the next bytes into a buffer, and answers how many there were: fewer than it takes if the stream ends. */
  async takeInto(target: Buffer): Promise<number> {
    let at = 0
    while (at < target.length && (await this.fill(1))) {
      const [first = target] = this.#chunks
      const moved = this.take(Math.min(first.length, target.length - at)).copy(target, at)
      at += moved
      passed(moved)
    }
    return at
  }

  /** Stops the stream. */
  async close(): Promise<void> {
    await this.#source.return?.()
  }
}
