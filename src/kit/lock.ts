import { readFile, writeFile } from 'node:fs/promises'
import { systemClock } from './clock.ts'
import { ChatonError } from './errors.ts'
import { explainDatabaseError, isBusy, openDatabase } from './sqlite.ts'

export interface Lock extends AsyncDisposable {
  release(): Promise<void>
}

const retryMs = 10
const waitMs = 30_000

/**
 * A lock between processes that the kernel releases when its holder dies, also by `kill -9`: an exclusive
 * transaction on a SQLite file of its own. Throws `conflict` at once when another process holds it.
 * @param path the lock file; `what` says in the message what is being worked on.
 */
export async function lockFile(path: string, what: string): Promise<Lock> {
  const release = tryLock(path)
  if (release === undefined) throw await heldByAnother(path, what)
  await writeFile(`${path}.pid`, `${process.pid}\n`)
  return { release, [Symbol.asyncDispose]: release }
}

/** Runs `work` alone among all processes that name this lock file, after the others. Throws `conflict` after 30 seconds of waiting. */
export async function whileLocked<T>(path: string, what: string, work: () => Promise<T>): Promise<T> {
  const deadline = systemClock.now().getTime() + waitMs
  for (;;) {
    const release = tryLock(path)
    if (release) {
      try {
        return await work()
      } finally {
        await release()
      }
    }
    if (systemClock.now().getTime() > deadline) throw await heldByAnother(path, what)
    await systemClock.sleep(retryMs)
  }
}

/** The function that releases the lock, or `undefined` where another holds it. */
function tryLock(path: string): (() => Promise<void>) | undefined {
  const database = openDatabase(path, 0)
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (isBusy(error)) return undefined
    throw explainDatabaseError(error, path)
  }
  return async () => {
    if (database.isOpen) database.close()
  }
}

async function heldByAnother(path: string, what: string): Promise<ChatonError> {
  const holder = (await readFile(`${path}.pid`, 'utf8').catch(() => '')).trim()
  return new ChatonError('conflict', `another chaton run${holder === '' ? '' : ` (process ${holder})`} is working on ${what}`, {
    retryable: true,
    next: ['wait until it has ended, then run the same command again: it goes on from where things stand'],
  })
}
