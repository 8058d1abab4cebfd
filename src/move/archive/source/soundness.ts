import type { z } from 'zod'
import type { Unread } from '../../contract.ts'
import { isDamagedEntry } from '../zip/damage.ts'
import type { Archive } from './archive.ts'

/** Reads entries of an archive one by one, and keeps in mind which of them are damaged. */
export class Soundness {
  readonly #damaged = new Map<string, Unread>()

  /** Undefined where the entry is damaged; `what` is its name for people. */
  async read<T>(entry: string, what: string, load: () => Promise<T>): Promise<T | undefined> {
    try {
      return await load()
    } catch (error) {
      if (!isDamagedEntry(error)) throw error
      const [next = 'get the archive again from where it was made'] = error.next
      this.#damaged.set(entry, { entry, refusal: { what, reason: error.message, next } })
      return undefined
    }
  }

  /** As `Archive.json`: undefined also where the entry is damaged, and what it tells of others is not known. */
  async json<T>(archive: Archive, entry: string, schema: z.ZodType<T>): Promise<T | undefined> {
    return await this.read(entry, entry, async () => await archive.json(entry, schema))
  }

  get damaged(): readonly Unread[] {
    return [...this.#damaged.values()]
  }
}

/** What was found damaged while all was listed. */
export interface WithUnread {
  unread(): Promise<readonly Unread[]>
}
