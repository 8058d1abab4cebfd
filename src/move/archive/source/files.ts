import { createHash } from 'node:crypto'
import { Transform, pipeline, type Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { finished } from 'node:stream/promises'
import { ChatonError } from '../../../kit/errors.ts'
import type { RemoteEntry, RemoteFiles, ZipMember } from '../../../nextcloud/files/contract.ts'
import { foldersAbove, join, nameOf, parentOf } from '../../files/names.ts'
import { entryNames } from '../layout.ts'
import { damagedEntry, isDamagedEntry } from '../zip/damage.ts'
import type { ReadableEntry } from '../zip/reader.ts'
import type { Archive } from './archive.ts'

/** A file or folder of the archive; folders that are only named in the paths of others have no entry. */
interface Node {
  readonly entry: ReadableEntry | undefined
  readonly folder: boolean
}

/** Files of an archive as those of an account that is only read. What writes throws `bug`. */
export function archiveFiles(archive: Archive): RemoteFiles {
  const tree = treeOf(archive)
  const wholly = soundness(archive)
  const need = (path: string): ReadableEntry => {
    const entry = tree.nodes.get(path)?.entry
    if (entry === undefined) throw new ChatonError('not-found', `"${path}" is not a file of the archive`, { data: { status: 404 } })
    return entry
  }
  return {
    ...readOnly,
    abilities: { zip: true, bulk: false, serverHash: true, chunk: { least: 1, most: Number.MAX_SAFE_INTEGER }, refusesName: () => undefined, bulkTakes: () => true },
    async *list(path) {
      const names = tree.children.get(path)
      if (names === undefined) throw new ChatonError('not-found', `"${path}" is not a folder of the archive`, { data: { status: 404 } })
      for (const name of names) yield await Promise.resolve(entryOf(archive, join(path, name), tree))
    },
    stat: async (path) => await Promise.resolve(tree.nodes.has(path) ? entryOf(archive, path, tree) : undefined),
    freeBytes: async () => await Promise.resolve(undefined),
    async read(path, { from, to } = {}) {
      const entry = need(path)
      const part = from === undefined && to === undefined ? undefined : { from: from ?? 0, to: Math.min(to ?? entry.size, entry.size) }
      if (part === undefined) return { stream: checked(archive, entry), size: entry.size, etag: etagOf(entry) }
      await wholly(entry)
      return { stream: archive.zip.read(entry, part), size: part.to - part.from, etag: etagOf(entry) }
    },
    async *readMany(_folder, files): AsyncGenerator<ZipMember> {
      for (const path of files.keys()) {
        const bytes = await unlessDamaged(buffer(checked(archive, need(path))))
        if (bytes !== undefined) yield { path, bytes }
      }
    },
    async hash(path, algorithm) {
      const hash = createHash(algorithm)
      for await (const chunk of checked(archive, need(path)) as AsyncIterable<Buffer>) hash.update(chunk)
      return hash.digest('hex')
    },
  }
}

/** A part has no checksum of its own: before the first one is given, the whole is read once. Throws where it is damaged. */
function soundness(archive: Archive): (entry: ReadableEntry) => Promise<void> {
  const looked = new Map<string, Promise<void>>()
  return async (entry) => {
    const look = looked.get(entry.name) ?? finished(checked(archive, entry).resume())
    looked.set(entry.name, look)
    await look
  }
}

/** A damaged file is left out of many: asked for alone, it says so. */
async function unlessDamaged(content: Promise<Buffer>): Promise<Buffer | undefined> {
  try {
    return await content
  } catch (error) {
    if (isDamagedEntry(error)) return undefined
    throw error
  }
}

/** Of an entry of ours the hash in the manifest, too, is compared before the last piece goes on. */
function checked({ zip, manifest }: Archive, entry: ReadableEntry): Readable {
  const wanted = manifest?.lines.get(entry.name)?.sha256
  const content = zip.read(entry)
  if (wanted === undefined) return content
  const hash = createHash('sha256')
  let held: Buffer | undefined
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      const before = held
      held = chunk
      done(null, before)
    },
    flush(done) {
      if (hash.digest('hex') === wanted) done(null, held)
      else done(damagedEntry(entry.name, 'its manifest tells another hash'))
    },
  })
  pipeline(content, meter, () => undefined)
  return meter
}

interface Tree {
  readonly nodes: ReadonlyMap<string, Node>
  readonly children: ReadonlyMap<string, readonly string[]>
}

function treeOf({ zip }: Archive): Tree {
  const nodes = new Map<string, Node>([['', { entry: undefined, folder: true }]])
  const children = new Map<string, string[]>([['', []]])
  const place = (path: string, node: Node): void => {
    if (!nodes.has(path)) {
      children.get(parentOf(path))?.push(nameOf(path))
      if (node.folder) children.set(path, [])
    }
    nodes.set(path, node)
  }
  for (const [name, entry] of zip.entries) {
    if (!name.startsWith(entryNames.files) || name === entryNames.files) continue
    const path = name.slice(entryNames.files.length).replace(/\/$/, '').normalize('NFC')
    for (const folder of foldersAbove(path).toReversed()) if (!nodes.has(folder)) place(folder, { entry: undefined, folder: true })
    place(path, { entry, folder: name.endsWith('/') })
  }
  return { nodes, children }
}

const etagOf = ({ crc, size, mtime }: ReadableEntry): string => `${crc.toString(16)}-${size}-${mtime}`

/** An archive has no ids of files: their paths, without slashes. */
export const fileIdOf = (path: string): string => encodeURIComponent(path)

const ofAll = { favourite: false, permissions: 'RGDNVW', mountType: '', encrypted: false, checksums: [] } as const

function entryOf({ manifest, mark }: Archive, path: string, { nodes }: Tree): RemoteEntry {
  const { entry, folder } = nodes.get(path) ?? { entry: undefined, folder: false }
  if (entry === undefined) return { ...ofAll, path, folder, fileId: fileIdOf(path), etag: mark, size: 0, mtime: 0, ctime: undefined }
  const told = manifest?.lines.get(entry.name)
  return { ...ofAll, path, folder, fileId: fileIdOf(path), etag: folder ? mark : etagOf(entry), size: entry.size, mtime: told?.mtime ?? entry.mtime, ctime: told?.ctime }
}

const never = (): never => {
  throw new ChatonError('bug', 'an archive is only read')
}

const readOnly = { write: never, writeMany: never, chunked: never, makeFolder: never, move: never, remove: never, setTimes: never, setFavourite: never }
