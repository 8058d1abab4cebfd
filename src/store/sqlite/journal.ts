import { mask } from '../../kit/mask.ts'
import type { Journal, JournalEntry, StepState } from '../contract.ts'
import type { Columns, Database, Statement } from './database.ts'

export class SqliteJournal implements Journal {
  readonly #insert: Statement
  readonly #select: Statement
  readonly #remove: Statement

  constructor(database: Database) {
    this.#insert = database.prepare('INSERT INTO journal (subject, run, step, state, at, message) VALUES (?, ?, ?, ?, ?, ?)')
    this.#select = database.prepare('SELECT subject, run, step, state, at, message FROM journal WHERE subject = ? ORDER BY id')
    this.#remove = database.prepare('DELETE FROM journal WHERE subject = ?')
  }

  async record({ subject, run, step, state, at, message }: JournalEntry): Promise<void> {
    this.#insert.run(subject, run, step, state, at, message === undefined ? null : mask(message))
  }

  async read(subject: string): Promise<JournalEntry[]> {
    return this.#select.all(subject).map(entryOf)
  }

  async forget(subject: string): Promise<void> {
    this.#remove.run(subject)
  }
}

function entryOf(columns: Columns): JournalEntry {
  const { message, state, ...rest } = columns as Record<'subject' | 'run' | 'step' | 'at', string> & { message: string | null; state: StepState }
  return { ...rest, state, ...(message === null ? {} : { message }) }
}
