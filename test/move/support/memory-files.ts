import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { ChatonError } from '../../../src/kit/errors.ts'
import type { BulkOutcome, BulkPart, ChunkedUpload, FileAbilities, HashAlgorithm, Over, RemoteEntry, RemoteFiles, WriteOptions, Written, ZipMember } from '../../../src/nextcloud/files/contract.ts'

interface Node {
  id: number
  folder: boolean
  etag: string
  content: Buffer
  mtime: number
  ctime: number | undefined
  favourite: boolean
  permissions: string
  mountType: string
  encrypted: boolean
}

export interface Request {
  readonly name: string
  readonly path: string
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
const refusal = (status: number, code: 'conflict' | 'not-found' | 'no-room' | 'remote-failed', retryable = false): ChatonError =>
  new ChatonError(code, `the server answered ${status}`, { retryable, data: { status } })

/**
 * The files of an account in memory, with the manners of a Nextcloud as far as a move depends on them: etags that change up to the root,
 * folder times that follow writes, versions of what was overwritten, bulk uploads that overwrite.
 */
export class MemoryFiles implements RemoteFiles {
  readonly nodes = new Map<string, Node>()
  readonly requests: Request[] = []
  /** Contents that were written over, by path. */
  readonly versions = new Map<string, Buffer[]>()
  readonly trash: { readonly path: string; readonly content: Buffer }[] = []
  readonly uploads = new Map<string, Map<number, Buffer>>()
  room = Number.POSITIVE_INFINITY
  now = 1_800_000_000
  /** Called before and after each request takes effect; may throw. */
  hook: (when: 'before' | 'after', request: Request) => void = () => undefined
  abilities: FileAbilities
  #counter = 0

  constructor(abilities: Partial<FileAbilities> = {}) {
    this.abilities = {
      zip: true,
      bulk: true,
      serverHash: true,
      chunk: { least: 1, most: 1000 },
      refusesName: () => undefined,
      bulkTakes: (path) => path === path.trim(),
      ...abilities,
    }
    this.nodes.set('', this.#node({ folder: true }))
  }

  // What people do, besides the move.

  put(path: string, content: string | Buffer, more: Partial<Node> = {}): void {
    this.folder(parentOf(path))
    const node = this.nodes.get(path)
    this.now += 1
    const made = { ...(node ?? this.#node({})), content: Buffer.from(content), mtime: this.now - 1_000_000, etag: this.#etag(), ...more }
    this.nodes.set(path, made)
    this.#changed(path)
  }

  folder(path: string, more: Partial<Node> = {}): void {
    if (this.nodes.has(path)) return
    this.folder(parentOf(path))
    this.nodes.set(path, this.#node({ folder: true, ...more }))
    this.#changed(path)
  }

  drop(path: string): void {
    if (!this.nodes.has(path)) return
    for (const key of Array.from(this.nodes.keys())) if (key === path || key.startsWith(`${path}/`)) this.nodes.delete(key)
    this.#changed(path)
  }

  rename(from: string, to: string): void {
    for (const [key, node] of Array.from(this.nodes)) {
      if (key !== from && !key.startsWith(`${from}/`)) continue
      this.nodes.delete(key)
      this.nodes.set(to + key.slice(from.length), node)
    }
    this.#changed(from)
    this.#changed(to)
  }

  /** Path to content, folders with a slash at the end. */
  tree(): Record<string, string> {
    return Object.fromEntries([...this.nodes].filter(([path]) => path !== '').map(([path, { folder, content }]) => (folder ? [`${path}/`, ''] : [path, content.toString()])))
  }

  times(): Record<string, number> {
    return Object.fromEntries([...this.nodes].filter(([path]) => path !== '').map(([path, { mtime }]) => [path, mtime] as const))
  }

  // RemoteFiles.

  async *list(path: string): AsyncGenerator<RemoteEntry> {
    const entries = await this.#request('list', path, () => {
      if (this.nodes.get(path)?.folder !== true) throw refusal(404, 'not-found')
      return [...this.nodes.keys()].filter((key) => key !== '' && parentOf(key) === path).map((key) => this.#entry(key))
    })
    yield* entries
  }

  async stat(path: string): Promise<RemoteEntry | undefined> {
    return await this.#request('stat', path, () => (this.nodes.has(path) ? this.#entry(path) : undefined))
  }

  async freeBytes(): Promise<number | undefined> {
    return await Promise.resolve(Number.isFinite(this.room) ? this.room : undefined)
  }

  async read(path: string, { etag, from = 0, to }: { readonly etag?: string; readonly from?: number; readonly to?: number } = {}): Promise<{ stream: Readable; size: number; etag: string }> {
    return await this.#request('read', path, () => {
      const node = this.#file(path)
      if (etag !== undefined && etag !== node.etag) throw refusal(412, 'conflict')
      const content = node.content.subarray(from, to ?? node.content.length)
      return { stream: Readable.from([content], { objectMode: false }), size: content.length, etag: node.etag }
    })
  }

  async *readMany(folder: string, files: ReadonlyMap<string, number>): AsyncGenerator<ZipMember> {
    const members = await this.#request('zip', folder, () => {
      for (const path of files.keys()) if (!this.nodes.has(path)) throw refusal(404, 'not-found')
      return [...files].flatMap(([path, size]) => (this.#file(path).content.length === size ? [{ path, bytes: this.#file(path).content }] : []))
    })
    yield* members
  }

  async write(path: string, body: { readonly stream: Readable; readonly length: number }, options: WriteOptions): Promise<Written> {
    const content = await buffer(body.stream)
    return await this.#request('write', path, () => {
      if (content.length !== body.length) throw refusal(400, 'remote-failed')
      return this.#store(path, content, options)
    })
  }

  async writeMany(parts: readonly BulkPart[]): Promise<ReadonlyMap<string, BulkOutcome>> {
    return await this.#request('bulk', parentOf(parts[0]?.path ?? ''), () => {
      const outcomes = new Map<string, BulkOutcome>()
      for (const { path, bytes, mtime } of parts) {
        if (!this.abilities.bulkTakes(path)) throw new ChatonError('bug', `"${path}" in a bulk upload`)
        const possible = this.nodes.get(parentOf(path))?.folder === true && this.nodes.get(path)?.folder !== true && bytes.length < this.room
        if (!possible) outcomes.set(path, { ok: false, message: `Could not create path "${path}"` })
        else outcomes.set(path, { ok: true, written: { ...this.#store(path, Buffer.from(bytes), { over: 'any', mtime }) } })
      }
      return outcomes
    })
  }

  chunked(id: string, target: string): ChunkedUpload {
    const known = (): Map<number, Buffer> => {
      const upload = this.uploads.get(id)
      if (upload === undefined) throw refusal(404, 'not-found')
      return upload
    }
    return {
      begin: async () => await this.#request('begin', target, () => void this.uploads.set(id, this.uploads.get(id) ?? new Map<number, Buffer>())),
      parts: async () => await this.#request('parts', target, () => new Map([...(this.uploads.get(id) ?? [])].map(([part, bytes]) => [part, bytes.length]))),
      put: async (part, body) => {
        const content = await buffer(body.stream)
        return await this.#request('part', target, () => {
          known().set(part, content)
          return this.abilities.serverHash ? createHash('md5').update(content).digest('hex') : undefined
        })
      },
      finish: async (totalBytes, options) =>
        await this.#request('finish', target, () => {
          const content = Buffer.concat([...known()].sort(([a], [b]) => a - b).map(([, bytes]) => bytes))
          if (content.length !== totalBytes) throw refusal(400, 'remote-failed')
          const written = this.#store(target, content, options)
          this.uploads.delete(id)
          return { ...written, md5: undefined }
        }),
      abort: async () => await this.#request('abort', target, () => void this.uploads.delete(id)),
    }
  }

  async makeFolder(path: string): Promise<boolean> {
    return await this.#request('mkcol', path, () => {
      if (this.nodes.get(parentOf(path))?.folder !== true) throw refusal(409, 'not-found')
      const there = this.nodes.get(path)
      if (there !== undefined && !there.folder) throw refusal(405, 'conflict')
      if (there !== undefined) return false
      this.folder(path)
      return true
    })
  }

  async move(from: string, to: string): Promise<void> {
    await this.#request('move', to, () => {
      if (!this.nodes.has(from) || this.nodes.get(parentOf(to))?.folder !== true) throw refusal(404, 'not-found')
      if (this.nodes.has(to)) throw refusal(412, 'conflict')
      this.rename(from, to)
    })
  }

  async remove(path: string, etag: string): Promise<void> {
    await this.#request('remove', path, () => {
      const node = this.nodes.get(path)
      if (node === undefined) return
      if (node.etag !== etag) throw refusal(412, 'conflict')
      for (const [key, { content, folder }] of this.nodes) if (!folder && (key === path || key.startsWith(`${path}/`))) this.trash.push({ path: key, content })
      this.drop(path)
    })
  }

  async setTimes(path: string, { mtime, ctime }: { readonly mtime: number; readonly ctime?: number | undefined }): Promise<void> {
    await this.#request('times', path, () => {
      const node = this.nodes.get(path)
      if (node === undefined) throw refusal(404, 'not-found')
      this.nodes.set(path, { ...node, mtime, ctime: ctime ?? node.ctime })
    })
  }

  async setFavourite(path: string, favourite: boolean): Promise<void> {
    await this.#request('favourite', path, () => {
      const node = this.nodes.get(path)
      if (node === undefined) throw refusal(404, 'not-found')
      node.favourite = favourite
    })
  }

  async hash(path: string, algorithm: HashAlgorithm): Promise<string | undefined> {
    if (!this.abilities.serverHash) return undefined
    return await this.#request('hash', path, () => createHash(algorithm).update(this.#file(path).content).digest('hex'))
  }

  async #request<T>(name: string, path: string, work: () => T): Promise<T> {
    const request = { name, path }
    this.requests.push(request)
    await new Promise((resolve) => setImmediate(resolve))
    this.hook('before', request)
    const result = work()
    this.hook('after', request)
    return result
  }

  #store(path: string, content: Buffer, { over, mtime, ctime }: Omit<WriteOptions, 'over'> & { readonly over: Over | 'any' }): Written {
    const there = this.#target(path, over)
    if (content.length > this.room) throw refusal(507, 'no-room')
    this.room -= content.length
    if (there !== undefined) this.versions.set(path, [...(this.versions.get(path) ?? []), there.content])
    this.now += 1
    const node = { ...(there ?? this.#node({})), content, mtime: mtime > 86_400 ? mtime : this.now, ctime: ctime ?? there?.ctime, etag: this.#etag() }
    this.nodes.set(path, node)
    this.#changed(path)
    return { etag: node.etag, fileId: String(node.id), md5: createHash('md5').update(content).digest('hex') }
  }

  #target(path: string, over: Over | 'any'): Node | undefined {
    const there = this.nodes.get(path)
    if (this.nodes.get(parentOf(path))?.folder !== true) throw refusal(409, 'remote-failed')
    if (there?.folder === true || (over === 'new' && there !== undefined)) throw refusal(412, 'conflict')
    if (over !== 'new' && over !== 'any' && there?.etag !== over.etag) throw refusal(412, 'conflict')
    return there
  }

  #changed(path: string): void {
    for (let folder = parentOf(path); ; folder = parentOf(folder)) {
      const node = this.nodes.get(folder)
      if (node !== undefined) this.nodes.set(folder, { ...node, etag: this.#etag(), mtime: Math.max(node.mtime, this.now) })
      if (folder === '') return
    }
  }

  #file(path: string): Node {
    const node = this.nodes.get(path)
    if (node === undefined || node.folder) throw refusal(404, 'not-found')
    return node
  }

  #entry(path: string): RemoteEntry {
    const node = this.nodes.get(path)
    if (node === undefined) throw new Error(`no ${path}`)
    const { id, folder, etag, mtime, ctime, favourite, permissions, mountType, encrypted } = node
    const below = path === '' ? '' : `${path}/`
    const size = folder ? [...this.nodes].filter(([key]) => key.startsWith(below)).reduce((sum, [, { content }]) => sum + content.length, 0) : node.content.length
    return { path, folder, fileId: String(id), etag, size, mtime, ctime, favourite, permissions, mountType, encrypted, checksums: [] }
  }

  #node(more: Partial<Node>): Node {
    return { id: ++this.#counter, folder: false, etag: this.#etag(), content: Buffer.alloc(0), mtime: this.now, ctime: undefined, favourite: false, permissions: 'RGDNVW', mountType: '', encrypted: false, ...more }
  }

  #etag(): string {
    return `e${++this.#counter}`
  }
}
