import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ChatonError } from './errors.ts'

export interface Lock extends AsyncDisposable {
  release(): Promise<void>
}

/**
 * A lock between processes that the kernel releases when its holder dies, also by `kill -9`: an exclusive
 * transaction on a SQLite file of its own. Throws `conflict` at once when another process holds it.
 * @param path the lock file; `what` says in the message what is being worked on.
 */
export async function lockFile(path: string, what: string): Promise<Lock> {
  await mkdir(dirname(path), { recursive: true })
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    const holder = (await readFile(`${path}.pid`, 'utf8').catch(() => '')).trim()
    throw new ChatonError('conflict', `another chaton run${holder === '' ? '' : ` (process ${holder})`} is working on ${what}`, {
      retryable: true,
      next: ['wait until it has ended, then run the same command again: it goes on from where things stand'],
      cause: error,
    })
  }
  await writeFile(`${path}.pid`, `${process.pid}\n`)
  let held = true
  const release = async (): Promise<void> => {
    if (!held) return
    held = false
    database.exec('ROLLBACK')
    database.close()
  }
  return { release, [Symbol.asyncDispose]: release }
}
