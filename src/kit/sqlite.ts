import { chmodSync, closeSync, lstatSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type * as Sqlite from 'node:sqlite'
import type { DatabaseSync } from 'node:sqlite'
import { makeDirectories } from './directories.ts'
import { ChatonError, hasSystemCode } from './errors.ts'

export type { DatabaseSync, StatementSync } from 'node:sqlite'

/** Result codes of SQLite that call for different acts (https://sqlite.org/rescode.html). */
const resultCodes = { busy: 5, locked: 6, readOnly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 } as const

let loaded: typeof Sqlite | undefined

/** Loads `node:sqlite` at first use, without the ExperimentalWarning that Node 22 prints for it on standard error. */
function sqlite(): typeof Sqlite {
  return (loaded ??= withoutExperimentalWarning(() => process.getBuiltinModule('node:sqlite')))
}

function withoutExperimentalWarning<T>(work: () => T): T {
  const before = Object.getOwnPropertyDescriptor(process, 'emitWarning') ?? { configurable: true, writable: true }
  const emit = process.emitWarning.bind(process) as (...values: unknown[]) => void
  const value = (warning: unknown, type: unknown, ...rest: unknown[]): void => {
    if (type !== 'ExperimentalWarning') emit(warning, type, ...rest)
  }
  Object.defineProperty(process, 'emitWarning', { ...before, value })
  try {
    return work()
  } finally {
    Object.defineProperty(process, 'emitWarning', before)
  }
}

/**
 * The one door to `node:sqlite`. Opens the file, or makes it with its directory; only its owner can read it (0600), and SQLite
 * gives its `-wal` and `-shm` files the same mode, whatever the umask. A statement waits up to `busyTimeoutMs` for other writers.
 */
export function openDatabase(path: string, busyTimeoutMs: number): DatabaseSync {
  try {
    makeDirectories(dirname(path))
    restrict(path)
    return new (sqlite().DatabaseSync)(path, { timeout: busyTimeoutMs })
  } catch (error) {
    throw explainDatabaseError(error, path)
  }
}

/**
 * Does not touch what a symbolic link points to. An existing file is never opened here: closing a second descriptor of a file
 * drops the POSIX locks that the process holds on it (https://sqlite.org/howtocorrupt.html, 2.2).
 */
function restrict(path: string): void {
  if (path === ':memory:') return
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!hasSystemCode(error, 'EEXIST')) throw error
  }
  const facts = lstatSync(path)
  if (facts.isFile() && (facts.mode & 0o077) !== 0) chmodSync(path, 0o600)
}

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

/** True when another connection holds the lock that a statement needs. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error)
  return code === resultCodes.busy || code === resultCodes.locked
}

/** What a failure of SQLite or of its file means to people; any other thrown value is returned as it is. */
export function explainDatabaseError(error: unknown, path: string): unknown {
  if (isBusy(error)) {
    const message = `another chaton process has been writing to ${path} for too long`
    return new ChatonError('conflict', message, { retryable: true, next: ['run the same command again'], cause: error })
  }
  const code = resultCode(error)
  if (code === resultCodes.full) return new ChatonError('no-room', `the disk is full: ${path} cannot be written`, { cause: error })
  if (code === resultCodes.corrupt || code === resultCodes.notADatabase) {
    return new ChatonError('unhealthy', `${path} is damaged or not a database of chaton`, {
      next: [`move ${path} away and put the file from a backup in its place`],
      cause: error,
    })
  }
  const ofMachine = code === resultCodes.readOnly || code === resultCodes.ioError || code === resultCodes.cannotOpen
  return ofMachine || hasSystemCode(error, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENOSPC') ? unusable(error, path) : error
}

function unusable(error: unknown, path: string): ChatonError {
  const reason = error instanceof Error ? error.message : String(error)
  return new ChatonError('machine-not-ready', `${path} cannot be opened or written: ${reason}`, {
    next: [`run the command as the user to whom ${dirname(path)} belongs (often root), and check that the disk is writable`],
    cause: error,
  })
}
