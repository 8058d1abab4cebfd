import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../kit/clock.ts'
import { ChatonError, hasSystemCode } from '../kit/errors.ts'
import { ensureDirectory, exists } from '../kit/files.ts'
import { lockFile, type Lock } from '../kit/lock.ts'
import { randomName } from '../kit/random.ts'
import { nearest } from '../kit/suggest.ts'
import { isArchiveAddress } from './archive/address.ts'
import { MoveFacts } from './facts.ts'
import { MoveJournal } from './journal.ts'

/** A move that is open for reading or writing. Dispose of it. */
export interface OpenMove extends Disposable {
  readonly id: string
  readonly directory: string
  readonly journal: MoveJournal
  readonly facts: MoveFacts
}

/** Day, time (UTC) and a few random letters: they sort by age. */
const idShape = /^\d{4}-\d{2}-\d{2}-\d{6}-[a-z0-9]+$/
const finished = new Set(['done', 'aborted'])

/** All moves of one machine, each a folder `<id>/` with its journal, its lock and its reports. */
export class Moves {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Ids, oldest first. */
  async ids(): Promise<string[]> {
    try {
      const names = await readdir(this.#directory)
      return names.filter((name) => idShape.test(name)).toSorted()
    } catch (error) {
      if (hasSystemCode(error, 'ENOENT')) return []
      throw error
    }
  }

  async create(clock: Clock): Promise<OpenMove> {
    const now = clock.now()
    const [day = '', time = ''] = now.toISOString().split('T')
    const id = `${day}-${time.slice(0, 8).replaceAll(':', '')}-${randomName(4)}`
    await ensureDirectory(join(this.#directory, id), { mode: 0o700 })
    const move = this.#open(id)
    move.journal.together(() => {
      move.facts.set('createdAt', now.toISOString())
      move.facts.set('phase', 'new')
    })
    return move
  }

  /** Throws `not-found`, with the nearest id. */
  async open(id: string): Promise<OpenMove> {
    if (idShape.test(id) && (await exists(join(this.#directory, id, 'journal.db')))) return this.#open(id)
    const near = nearest(id, await this.ids())
    throw new ChatonError('not-found', `there is no move "${id}"`, { next: [near === undefined ? 'chaton move status lists all moves' : `did you mean "${near}"?`] })
  }

  /** The move of this id; without one, the only unfinished; an export into an archive only where no other is. Throws `not-found` where there is none, `bad-input` where there are several. */
  async openUnfinished(id?: string): Promise<OpenMove> {
    if (id !== undefined) return await this.open(id)
    const all = await this.unfinished()
    const moves = all.filter((one) => !this.#isExport(one))
    const unfinished = moves.length > 0 ? moves : all
    const [only] = unfinished
    if (only === undefined) {
      throw new ChatonError('not-found', 'no move is under way', { next: ['start one: chaton move', 'chaton move status lists those that have ended'] })
    }
    if (unfinished.length === 1) return await this.open(only)
    throw new ChatonError('bad-input', `${unfinished.length} moves are under way: ${unfinished.join(', ')}`, { next: ['name the one that is meant, for example: chaton move resume ' + only] })
  }

  /** As {@link openUnfinished}, but where no move is under way the newest one. */
  async openLatest(id?: string): Promise<OpenMove> {
    const newest = (await this.ids()).findLast((one) => !this.#isExport(one))
    if (id === undefined && newest !== undefined && (await this.unfinished()).length === 0) return await this.open(newest)
    return await this.openUnfinished(id)
  }

  async unfinished(): Promise<string[]> {
    const found: string[] = []
    for (const id of await this.ids()) {
      using move = this.#open(id)
      if (!finished.has(move.facts.phase)) found.push(id)
    }
    return found
  }

  /** Held for as long as a process works on the move. Throws `conflict` while another one does. */
  async lock(id: string): Promise<Lock> {
    return await lockFile(join(this.#directory, id, 'lock'), `the move ${id}`)
  }

  async isRunning(id: string): Promise<boolean> {
    try {
      await (await this.lock(id)).release()
      return false
    } catch (error) {
      if (error instanceof ChatonError && error.code === 'conflict') return true
      throw error
    }
  }

  #isExport(id: string): boolean {
    using move = this.#open(id)
    return isArchiveAddress(move.facts.get('destinationAddress'))
  }

  #open(id: string): OpenMove {
    const directory = join(this.#directory, id)
    const journal = new MoveJournal(join(directory, 'journal.db'))
    return { id, directory, journal, facts: new MoveFacts(journal), [Symbol.dispose]: () => journal[Symbol.dispose]() }
  }
}
