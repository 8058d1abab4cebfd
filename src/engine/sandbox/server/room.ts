import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { isAlive } from '../space/process-mark.ts'
import type { SpaceDatabase } from '../space/database.ts'
import { readSettings, type Settings } from '../space/settings.ts'
import { Tree } from '../space/tree.ts'
import { totalBytes } from '../space/usage.ts'
import { insufficientStorage, serviceUnavailable } from './reply.ts'

/** A space as its server sees it: database, files, and how much may still be written. */
export class Room {
  readonly database: SpaceDatabase
  readonly tree: Tree
  readonly #directory: string
  readonly #now: () => Date
  /** Bytes of uploads under way. */
  #reserved = 0

  constructor(database: SpaceDatabase, directory: string, now: () => Date) {
    this.database = database
    this.tree = new Tree(database, join(directory, 'data'))
    this.#directory = directory
    this.#now = now
  }

  get settings(): Settings {
    return readSettings(this.database)
  }

  /** Unix seconds. */
  now(): number {
    return Math.floor(this.#now().getTime() / 1000)
  }

  temporary(): string {
    return join(this.#directory, 'tmp', randomBytes(12).toString('hex'))
  }

  /** Bytes left in the pool; never negative. */
  poolLeft(): number {
    return Math.max(0, this.settings.poolBytes - totalBytes(this.database) - this.#reserved)
  }

  /** Bytes that this account may still add to `files/`: by its quota and by the pool, where `credit` bytes come free in the same step. */
  available(uid: string, credit = 0): number {
    const quota = this.database.get<{ quota: number | null }>('SELECT quota FROM accounts WHERE uid = ?', uid)?.quota ?? null
    const pool = this.poolLeft() + credit
    if (quota === null) return pool
    const used = this.database.get<{ size: number }>("SELECT size FROM nodes WHERE parent = 0 AND uid = ? AND name = 'files'", uid)?.size ?? 0
    return Math.min(pool, Math.max(0, quota - used))
  }

  /** Throws 507 where `bytes` more do not fit. */
  requireSpace(uid: string, path: string, bytes: number): void {
    const available = this.available(uid)
    if (bytes > available) throw insufficientStorage(`Insufficient space in ${path}, ${bytes} required, ${available} available`)
  }

  /** As {@link requireSpace} for bytes that are in the pool already: only the account's quota speaks. */
  requireQuota(uid: string, path: string, bytes: number): void {
    const available = this.available(uid, bytes)
    if (bytes > available) throw insufficientStorage(`Insufficient space in ${path}, ${bytes} required, ${available} available`)
  }

  /** Sets bytes aside for an upload; the answer gives them back. */
  reserve(bytes: number): () => void {
    this.#reserved += bytes
    let held = bytes
    return () => {
      this.#reserved -= held
      held = 0
    }
  }

  /** A change of files. Throws 503 while the space is being copied. */
  mutate<T>(act: () => T): T {
    return this.database.write(() => {
      const { frozenBy } = this.settings
      if (frozenBy !== '' && isAlive(frozenBy)) throw serviceUnavailable('The space is being copied. Try again in a moment.', { headers: { 'retry-after': '5' } })
      return act()
    })
  }
}
