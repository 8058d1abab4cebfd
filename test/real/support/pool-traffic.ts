import { randomBytes, randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Credentials } from '../../../src/engine/contract.ts'
import { basicAuth, request, type HttpResponse } from '../../../src/kit/http.ts'

/** What writers were answered while they filled, deleted and emptied. */
export class Answers {
  readonly #counts = new Map<number, number>()
  /** Everything that is neither done nor refused for want of room, in words. */
  readonly odd: string[] = []

  add(words: string, { status, text }: HttpResponse): void {
    this.#counts.set(status, (this.#counts.get(status) ?? 0) + 1)
    if (![200, 201, 204, 507].includes(status)) this.odd.push(`${words}: ${status} ${/<s:message>(.*?)<\/s:message>/s.exec(text)?.[1] ?? text.slice(0, 200)}`)
  }

  count(status: number): number {
    return this.#counts.get(status) ?? 0
  }

  /** For example `201: 180, 507: 10`. */
  toString(): string {
    return [...this.#counts].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`).join(', ')
  }
}

export const largestFile = 900_000
const someSize = (): number => randomInt(200_000, largestFile)
const smallFile = 60_000

/** One person with a WebDAV client, who does one thing after the other. */
export class Writer {
  /** Into the trash: when the server was asked, and how much. */
  readonly trashed: { readonly at: number; readonly bytes: number }[] = []
  readonly #url: string
  readonly #person: Credentials
  readonly #files: { readonly name: string; readonly bytes: number }[] = []
  #answers = new Answers()
  #count = 0
  #inTrash = 0

  constructor(url: string, person: Credentials) {
    this.#url = url
    this.#person = person
  }

  /** From now on answers are counted there. */
  tell(answers: Answers): void {
    this.#answers = answers
  }

  async #ask(method: string, path: string, body?: Uint8Array<ArrayBuffer>): Promise<number> {
    const { userId, password } = this.#person
    const response = await request(`${this.#url}/remote.php/dav/${path}`, {
      method,
      headers: { authorization: basicAuth(userId, password) },
      timeoutMs: 60_000,
      ...(body === undefined ? {} : { body }),
    })
    this.#answers.add(`${method} ${path}`, response)
    return response.status
  }

  /** Uploads a new file; answers the status. */
  async put(bytes = someSize()): Promise<number> {
    const name = `file-${this.#count++}.bin`
    const status = await this.#ask('PUT', `files/${this.#person.userId}/${name}`, randomBytes(bytes))
    if (status === 201) this.#files.push({ name, bytes })
    return status
  }

  /** Uploads new files until one is refused three times in a row, then small ones until one is refused. */
  async fill(): Promise<void> {
    for (let refused = 0; refused < 3; ) {
      const status = await this.put()
      refused = status === 507 ? refused + 1 : 0
      if (status === 507) await delay(300)
    }
    while ((await this.put(smallFile)) === 201);
  }

  /** Deletes its newest file: Nextcloud moves it to the trash. */
  async remove(): Promise<number | undefined> {
    const file = this.#files.pop()
    if (file === undefined) return undefined
    this.trashed.push({ at: performance.now(), bytes: file.bytes })
    this.#inTrash += file.bytes
    return await this.#ask('DELETE', `files/${this.#person.userId}/${file.name}`)
  }

  /** Answers how many bytes were in it. */
  async emptyTrash(): Promise<number> {
    const status = await this.#ask('DELETE', `trashbin/${this.#person.userId}/trash`)
    const freed = status === 204 ? this.#inTrash : 0
    this.#inTrash -= freed
    return freed
  }

  /** Reads its newest file. */
  async read(): Promise<number | undefined> {
    const file = this.#files.at(-1)
    return file === undefined ? undefined : await this.#ask('GET', `files/${this.#person.userId}/${file.name}`)
  }
}

/** Calls `measure` again and again until stopped, and keeps the highest figure. */
export class HighWater {
  highest = 0
  #running = true
  readonly #measure: () => Promise<number>
  readonly #loop: Promise<void>

  constructor(measure: () => Promise<number>, pauseMs = 50) {
    this.#measure = measure
    this.#loop = this.#run(pauseMs)
  }

  async #run(pauseMs: number): Promise<void> {
    while (this.#running) {
      this.highest = Math.max(this.highest, await this.#measure())
      await delay(pauseMs)
    }
  }

  /** With a last look. */
  async stop(): Promise<number> {
    this.#running = false
    await this.#loop
    this.highest = Math.max(this.highest, await this.#measure())
    return this.highest
  }
}
