import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { basicAuth, request, type HttpResponse } from '../../../src/kit/http.ts'

/** How often each answer was seen, for example `{ 201: 180, 507: 10 }`. */
export type Answers = Map<number, number>

export interface WriterOptions {
  /** Base of the space, without trailing slash. */
  readonly url: string
  readonly userId: string
  readonly password: string
  readonly answers: Answers
  /** Told of what is neither written nor refused for want of room. */
  readonly onOdd?: (words: string) => void
}

/** One person with a WebDAV client. */
export class Writer {
  readonly #options: WriterOptions
  readonly #files: { readonly name: string; readonly bytes: number }[] = []
  #count = 0

  constructor(options: WriterOptions) {
    this.#options = options
  }

  get userId(): string {
    return this.#options.userId
  }

  async #ask(method: string, path: string, body?: Uint8Array<ArrayBuffer>): Promise<HttpResponse> {
    const { url, userId, password, answers } = this.#options
    const response = await request(`${url}/remote.php/dav/${path}`, {
      method,
      headers: { authorization: basicAuth(userId, password) },
      timeoutMs: 60_000,
      ...(body === undefined ? {} : { body }),
    })
    answers.set(response.status, (answers.get(response.status) ?? 0) + 1)
    if (![201, 204, 507].includes(response.status)) this.#options.onOdd?.(`${method} ${path}: ${response.status} ${response.text.slice(0, 600)}`)
    return response
  }

  /** Uploads a new file of this size; answers the status. */
  async put(bytes: number): Promise<number> {
    const name = `file-${this.#count++}.bin`
    const { status } = await this.#ask('PUT', `files/${this.userId}/${name}`, randomBytes(bytes))
    if (status === 201) this.#files.push({ name, bytes })
    return status
  }

  /** Uploads new files until one is refused `refusals` times in a row. */
  async fill(sizeOf: () => number, refusals = 3): Promise<void> {
    for (let refused = 0; refused < refusals; ) {
      const status = await this.put(sizeOf())
      refused = status === 507 ? refused + 1 : 0
      if (status === 507) await delay(300)
    }
  }

  /** Deletes its newest file (Nextcloud moves it to the trash) and answers its size; undefined without any file. */
  async remove(): Promise<number | undefined> {
    const file = this.#files.pop()
    if (file) await this.#ask('DELETE', `files/${this.userId}/${file.name}`)
    return file?.bytes
  }

  async emptyTrash(): Promise<number> {
    return (await this.#ask('DELETE', `trashbin/${this.userId}/trash`)).status
  }

  async read(): Promise<number | undefined> {
    const file = this.#files.at(-1)
    if (!file) return undefined
    const { url, userId, password } = this.#options
    const path = `${url}/remote.php/dav/files/${userId}/${file.name}`
    return (await request(path, { headers: { authorization: basicAuth(userId, password) } })).status
  }
}

/** Calls `measure` again and again until disposed, and keeps the highest figure. */
export class HighWater {
  highest = 0
  samples = 0
  #running = true
  readonly #loop: Promise<void>

  constructor(measure: () => Promise<number>, pauseMs = 50) {
    this.#loop = this.#run(measure, pauseMs)
  }

  async #run(measure: () => Promise<number>, pauseMs: number): Promise<void> {
    while (this.#running) {
      this.highest = Math.max(this.highest, await measure())
      this.samples += 1
      await delay(pauseMs)
    }
  }

  async stop(): Promise<number> {
    this.#running = false
    await this.#loop
    return this.highest
  }
}

export const shown = (answers: Answers): string => [...answers].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`).join(', ')
