import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { SpaceDatabase } from './database.ts'
import { countChange } from './settings.ts'

export interface Node {
  readonly id: number
  readonly uid: string
  readonly parent: number
  readonly name: string
  readonly directory: number
  /** Of a directory: all that is below. */
  readonly size: number
  readonly mtime: number
  readonly created: number
  readonly uploaded: number
  readonly etag: string
  readonly checksum: string | null
  readonly favorite: number
}

/** The trees of an account, by the name of their directory under `data/<account>/`. */
export type Area = 'files' | 'files_trashbin' | 'uploads'

export interface NewFile {
  /** A finished temporary file on the same file system; it is moved into place. */
  readonly temporary: string
  readonly size: number
  readonly mtime: number
  readonly created?: number | undefined
  readonly checksum?: string | undefined
  readonly now: number
}

export const fileEtag = (): string => randomBytes(16).toString('hex')
export const directoryEtag = (): string => randomBytes(7).toString('hex').slice(0, 13)

const longestName = 250

/** As Trashbin::getTrashFilename of Nextcloud: what would be too long loses its middle. */
function trashName(name: string, stamp: number): string {
  const ending = `.d${stamp}`
  const characters = Array.from(name)
  while (Buffer.byteLength(characters.join('')) > longestName - ending.length) characters.splice(characters.length >> 1, 1)
  return characters.join('') + ending
}

/**
 * Files and directories of a space: rows in the database, contents in a plain tree below `data/`. Everything is
 * synchronous, so requests cannot come between the two; the row changes last, within one transaction.
 */
export class Tree {
  readonly database: SpaceDatabase
  readonly #data: string

  constructor(database: SpaceDatabase, data: string) {
    this.database = database
    this.#data = data
  }

  root(uid: string, area: Area, now: number): Node {
    const found = this.database.get<Node>('SELECT * FROM nodes WHERE parent = 0 AND uid = ? AND name = ?', uid, area)
    if (found) return found
    mkdirSync(join(this.#data, uid, area), { recursive: true })
    return this.#insert({ uid, parent: 0, name: area, directory: 1, size: 0, mtime: now, created: 0, uploaded: 0, etag: directoryEtag() })
  }

  byId(id: number): Node | undefined {
    return this.database.get<Node>('SELECT * FROM nodes WHERE id = ?', id)
  }

  child(parent: Node, name: string): Node | undefined {
    return this.database.get<Node>('SELECT * FROM nodes WHERE parent = ? AND name = ?', parent.id, name)
  }

  children(node: Node): Node[] {
    return this.database.all<Node>('SELECT * FROM nodes WHERE parent = ? ORDER BY name', node.id)
  }

  /** The node at `names` below `from`, or `undefined`. */
  find(from: Node, names: readonly string[]): Node | undefined {
    let node: Node | undefined = from
    for (const name of names) {
      if (node === undefined || node.directory === 0) return undefined
      node = this.child(node, name)
    }
    return node
  }

  /** Names from the root of its area (not included) down to the node. */
  names(node: Node): string[] {
    const names: string[] = []
    for (let current: Node | undefined = node; current && current.parent !== 0; current = this.byId(current.parent)) names.unshift(current.name)
    return names
  }

  disk(node: Node): string {
    const names = [node.name]
    for (let parent = this.byId(node.parent); parent; parent = this.byId(parent.parent)) names.unshift(parent.name)
    return join(this.#data, node.uid, ...names)
  }

  makeDirectory(parent: Node, name: string, now: number): Node {
    return this.database.write(() => {
      mkdirSync(join(this.disk(parent), name), { recursive: true })
      const node = this.#insert({ uid: parent.uid, parent: parent.id, name, directory: 1, size: 0, mtime: now, created: 0, uploaded: 0, etag: directoryEtag() })
      this.touch(parent, 0, now)
      return node
    })
  }

  /** Creates or overwrites; the content that was there becomes a version, unless it was empty. */
  putFile(parent: Node, name: string, file: NewFile): { node: Node; created: boolean } {
    return this.database.write(() => {
      const old = this.child(parent, name)
      if (old !== undefined && old.size > 0 && this.#area(parent) === 'files') this.#keepVersion(old)
      renameSync(file.temporary, join(this.disk(parent), name))
      const id = old === undefined ? this.#insertFile(parent, name, file) : this.#updateFile(old, file)
      this.touch(parent, file.size - (old?.size ?? 0), file.now)
      return { node: this.#need(id), created: old === undefined }
    })
  }

  /** Moves within the account, also from and to the trash. What is at the destination must be gone already. */
  move(node: Node, parent: Node, name: string, now: number): Node {
    return this.database.write(() => {
      renameSync(this.disk(node), join(this.disk(parent), name))
      this.touch(this.#need(node.parent), -node.size, now)
      this.database.run('UPDATE nodes SET parent = ?, name = ? WHERE id = ?', parent.id, name, node.id)
      this.touch(this.#need(parent.id), node.size, now)
      return this.#need(node.id)
    })
  }

  copy(node: Node, parent: Node, name: string, now: number): Node {
    return this.database.write(() => {
      const made = this.#copyInto(node, parent, name, now)
      this.touch(this.#need(parent.id), made.size, now)
      return this.#need(made.id)
    })
  }

  /** Into the trash of the account, as `<name>.d<unix time>`. */
  discard(node: Node, now: number): void {
    this.database.write(() => {
      const trash = this.root(node.uid, 'files_trashbin', now)
      let stamp = now
      while (this.child(trash, trashName(node.name, stamp))) stamp += 1
      const location = this.names(node).join('/')
      this.move(node, trash, trashName(node.name, stamp), now)
      this.database.run('INSERT OR REPLACE INTO trash (node, name, location, deleted_at) VALUES (?, ?, ?, ?)', node.id, node.name, location, stamp)
    })
  }

  /** For good, with its versions. */
  remove(node: Node, now: number): void {
    this.database.write(() => {
      const below = this.database.all<{ id: number }>(
        'WITH RECURSIVE below (id) AS (SELECT ? UNION ALL SELECT nodes.id FROM nodes JOIN below ON nodes.parent = below.id) SELECT id FROM below',
        node.id,
      )
      rmSync(this.disk(node), { recursive: true, force: true })
      for (const { id } of below) this.#forget(id, node.uid)
      const parent = this.byId(node.parent)
      if (parent) this.touch(parent, -node.size, now)
    })
  }

  removeAccount(uid: string): void {
    this.database.write(() => {
      this.database.run('DELETE FROM trash WHERE node IN (SELECT id FROM nodes WHERE uid = ?)', uid)
      this.database.run('DELETE FROM properties WHERE node IN (SELECT id FROM nodes WHERE uid = ?)', uid)
      this.database.run('DELETE FROM versions WHERE uid = ?', uid)
      this.database.run('DELETE FROM nodes WHERE uid = ?', uid)
      countChange(this.database)
    })
    rmSync(join(this.#data, uid), { recursive: true, force: true })
  }

  /** New ETag, size and time for the directory and everything above it. */
  touch(directory: Node, deltaBytes: number, now: number): void {
    for (let node: Node | undefined = directory; node; node = this.byId(node.parent)) {
      this.database.run('UPDATE nodes SET etag = ?, size = size + ?, mtime = max(mtime, ?) WHERE id = ?', directoryEtag(), deltaBytes, now, node.id)
    }
    countChange(this.database)
  }

  versions(node: Node): { stamp: number; size: number }[] {
    return this.database.all('SELECT stamp, size FROM versions WHERE node = ? ORDER BY stamp', node.id)
  }

  versionDisk(node: Node, stamp: number): string {
    return join(this.#data, node.uid, 'files_versions', `${node.id}.v${stamp}`)
  }

  removeVersion(node: Node, stamp: number): void {
    rmSync(this.versionDisk(node, stamp), { force: true })
    this.database.run('DELETE FROM versions WHERE node = ? AND stamp = ?', node.id, stamp)
    countChange(this.database)
  }

  #keepVersion(node: Node): void {
    mkdirSync(join(this.#data, node.uid, 'files_versions'), { recursive: true })
    renameSync(this.disk(node), this.versionDisk(node, node.mtime))
    this.database.run('INSERT OR REPLACE INTO versions (node, stamp, uid, size) VALUES (?, ?, ?, ?)', node.id, node.mtime, node.uid, node.size)
  }

  #copyInto(node: Node, parent: Node, name: string, now: number): Node {
    const target = join(this.disk(parent), name)
    const made = this.#insert({ ...node, parent: parent.id, name, created: node.created, uploaded: now, etag: node.directory ? directoryEtag() : fileEtag() })
    if (node.directory === 0) copyFileSync(this.disk(node), target)
    else {
      mkdirSync(target, { recursive: true })
      for (const child of this.children(node)) this.#copyInto(child, made, child.name, now)
    }
    return made
  }

  #insertFile(parent: Node, name: string, file: NewFile): number {
    const row = { uid: parent.uid, parent: parent.id, name, directory: 0, size: file.size, mtime: file.mtime, uploaded: file.now, etag: fileEtag() }
    const node = this.#insert({ ...row, created: file.created ?? 0 })
    if (file.checksum !== undefined) this.database.run('UPDATE nodes SET checksum = ? WHERE id = ?', file.checksum, node.id)
    return node.id
  }

  #updateFile(old: Node, file: NewFile): number {
    this.database.run(
      'UPDATE nodes SET size = ?, mtime = ?, created = ?, uploaded = ?, etag = ?, checksum = ? WHERE id = ?',
      file.size,
      file.mtime,
      file.created ?? old.created,
      file.now,
      fileEtag(),
      file.checksum ?? null,
      old.id,
    )
    return old.id
  }

  #insert(row: Omit<Node, 'id' | 'checksum' | 'favorite'>): Node {
    const id = this.database.insert(
      'INSERT INTO nodes (uid, parent, name, directory, size, mtime, created, uploaded, etag) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      row.uid,
      row.parent,
      row.name,
      row.directory,
      row.size,
      row.mtime,
      row.created,
      row.uploaded,
      row.etag,
    )
    return this.#need(id)
  }

  #forget(id: number, uid: string): void {
    const rows = this.database.all<{ stamp: number }>('SELECT stamp FROM versions WHERE node = ?', id)
    for (const { stamp } of rows) rmSync(join(this.#data, uid, 'files_versions', `${id}.v${stamp}`), { force: true })
    for (const sql of ['DELETE FROM versions WHERE node = ?', 'DELETE FROM trash WHERE node = ?', 'DELETE FROM properties WHERE node = ?']) this.database.run(sql, id)
    this.database.run('DELETE FROM nodes WHERE id = ?', id)
  }

  #area(node: Node): string {
    let top = node
    for (let parent = this.byId(node.parent); parent; parent = this.byId(parent.parent)) top = parent
    return top.name
  }

  #need(id: number): Node {
    const node = this.byId(id)
    if (node === undefined) throw new Error(`node ${id} is not in the database`)
    return node
  }
}
