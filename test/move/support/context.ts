import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../../src/kit/clock.ts'
import { silentLogger } from '../../../src/kit/log.ts'
import type { MoveContext, Side } from '../../../src/move/contract.ts'
import { MoveJournal } from '../../../src/move/journal.ts'
import { answers } from '../../../src/move/answers.ts'
import { Pace, type Manner } from '../../../src/move/pace.ts'
import type { RemoteFiles } from '../../../src/nextcloud/files/contract.ts'
import type { Remote } from '../../../src/nextcloud/remote.ts'

/** Time that passes only while somebody sleeps. */
export function patientClock(): Clock {
  let now = 1_900_000_000_000
  return {
    now: () => new Date(now),
    sleep: async (milliseconds) => {
      now += milliseconds
      await Promise.resolve()
    },
  }
}

export interface ContextForTest extends MoveContext, Disposable {
  readonly notes: string[]
}

export interface ContextOptions {
  readonly source: RemoteFiles
  readonly destination: RemoteFiles
  /** Path of the journal, to go on with. */
  readonly journal: string
  readonly manner?: Manner
  readonly signal?: AbortSignal
  readonly clock?: Clock
  readonly sourceUrl?: string
}

export function contextFor(options: ContextOptions): ContextForTest {
  const { source, destination, manner = 'fast', signal = new AbortController().signal, clock = patientClock() } = options
  const journal = new MoveJournal(options.journal)
  const side = (files: RemoteFiles, base: string): Side => ({
    remote: { base, uid: 'camille', facts: { version: '32.0.1', major: 32, capabilities: {} }, send: async () => await Promise.reject(new Error('not in this test')) } satisfies Remote,
    files,
    pace: new Pace({ clock, manner, signal, answers: async () => await answers(files) }),
  })
  const notes: string[] = []
  return {
    source: side(source, options.sourceUrl ?? 'https://old.example:8443'),
    destination: side(destination, 'https://new.example'),
    journal,
    clock,
    logger: silentLogger,
    signal,
    notes,
    progress: ({ problem }) => void (problem === undefined ? undefined : notes.push(problem)),
    [Symbol.dispose]: () => closed(journal),
  }
}

/** A path for a journal in a directory that is removed with it. */
export function journalPath(): Disposable & { readonly path: string } {
  const directory = mkdtempSync(join(tmpdir(), 'chaton-move-'))
  return { path: join(directory, 'journal.sqlite'), [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) }
}

/** Also where a test closed it before. */
function closed(journal: MoveJournal): void {
  try {
    journal[Symbol.dispose]()
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('not open')) throw error
  }
}
