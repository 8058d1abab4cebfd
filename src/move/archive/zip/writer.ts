import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { ChatonError, hasSystemCode } from '../../../kit/errors.ts'
import { centralHeader, endRecords, localHeader, type EntryHeader } from './format.ts'

/** An entry that stands whole in the archive. */
export interface WrittenEntry extends EntryHeader {
  /** Lower-case hex of the content. */
  readonly sha256: string
}

export type NewEntry = Pick<EntryHeader, 'name' | 'size' | 'mtime'>

export interface StreamOptions {
  readonly kept?: number
  /** Called with the bytes of the content that are written, after each piece. */
  readonly after?: (bytes: number) => Promise<void>
}

const directoryChunk = 256 * 1024
const readBackBytes = 2 ** 20

/**
 * Writes entries one after the other into a file, stored and not compressed. What is written of an entry that breaks off is written over
 * by the next: `end` is behind the last whole one, and a later writer goes on from there.
 */
export class ZipWriter {
  readonly #file: FileHandle
  #end: number

  constructor(file: FileHandle, end: number) {
    this.#file = file
    this.#end = end
  }

  get end(): number {
    return this.#end
  }

  async add({ name, mtime }: Pick<NewEntry, 'name' | 'mtime'>, content: Uint8Array): Promise<WrittenEntry> {
    const entry = { name, mtime, size: content.length, crc: crc32(content), offset: this.#end }
    const header = localHeader(entry)
    await this.#write(Buffer.concat([header, content]), entry.offset)
    this.#end = entry.offset + header.length + content.length
    return { ...entry, sha256: createHash('sha256').update(content).digest('hex') }
  }

  /**
   * The content comes in pieces and has the size that was said; else it throws, and nothing of it counts. The CRC is put into the header
   * afterwards. Where a writer before this one has written the first `kept` bytes here already, the content is what comes after them.
   */
  async addStream({ name, size, mtime }: NewEntry, content: AsyncIterable<Uint8Array>, { kept = 0, after }: StreamOptions = {}): Promise<WrittenEntry> {
    const hash = createHash('sha256')
    const entry = { name, size, mtime, offset: this.#end }
    const begin = entry.offset + localHeader({ ...entry, crc: 0 }).length
    let [at, crc] = [begin, 0]
    const take = (chunk: Uint8Array): void => {
      at += chunk.length
      crc = crc32(chunk, crc)
      hash.update(chunk)
    }
    for await (const chunk of this.#readBack(begin, begin + kept)) take(chunk)
    for await (const chunk of content) {
      await this.#write(chunk, at)
      take(chunk)
      await after?.(at - begin)
    }
    if (at - begin !== size) throw new ChatonError('conflict', `"${name}" has ${at - begin} bytes instead of ${size}`, { data: { status: 412 } })
    await this.#write(localHeader({ ...entry, crc }), entry.offset)
    this.#end = at
    return { ...entry, crc, sha256: hash.digest('hex') }
  }

  /** Central directory and end of the archive. Answers its length in bytes. */
  async finish(entries: Iterable<EntryHeader>): Promise<number> {
    const offset = this.#end
    let [at, count] = [offset, 0]
    let batch: Buffer[] = []
    let bytes = 0
    const flush = async (): Promise<void> => {
      await this.#write(Buffer.concat(batch), at)
      at += bytes
      ;[batch, bytes] = [[], 0]
    }
    for (const entry of entries) {
      const record = centralHeader(entry)
      batch.push(record)
      bytes += record.length
      count += 1
      if (bytes >= directoryChunk) await flush()
    }
    const size = at + bytes - offset
    const end = endRecords({ count, offset, size })
    batch.push(end)
    bytes += end.length
    await flush()
    await this.#file.truncate(at)
    await this.#file.sync()
    return at
  }

  async sync(): Promise<void> {
    await this.#file.datasync()
  }

  async *#readBack(from: number, to: number): AsyncGenerator<Buffer> {
    for (let at = from; at < to; at += readBackBytes) {
      const bytes = Buffer.alloc(Math.min(readBackBytes, to - at))
      const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, at)
      if (bytesRead < bytes.length) throw new ChatonError('unhealthy', 'the archive has become shorter while it was written', { actor: 'user', next: ['run the same command again'] })
      yield bytes
    }
  }

  async #write(bytes: Uint8Array, position: number): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) done += (await this.#file.write(bytes, done, bytes.length - done, position + done)).bytesWritten
    } catch (error) {
      if (!hasSystemCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG')) throw error
      throw new ChatonError('no-room', 'the disk is full, or takes no file as large as the archive', {
        actor: 'user',
        next: ['make room on it, then run the same command again: it goes on from here', 'or name a place on another disk with --output'],
        cause: error,
      })
    }
  }
}
