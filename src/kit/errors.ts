/** Who can act on an error. `remote` is a server or program that is not ours. */
export type Actor = 'user' | 'hoster' | 'remote' | 'bug'

/**
 * Every way a command can end, with its process exit code. Published in docs/reference/exit-codes.md.
 * Codes are stable: a CI job may test them.
 */
export const exitCodes = {
  ok: { exit: 0, says: 'Everything asked for is done.' },
  bug: { exit: 1, says: 'A fault of chaton itself. Please report it with the message.' },
  'bad-input': { exit: 2, says: 'The command, a manifest or the configuration is not valid; nothing was changed.' },
  'not-found': { exit: 3, says: 'A named space, plan, account, release, app or backup does not exist.' },
  conflict: { exit: 4, says: 'The name is taken, or another run works on the same space; nothing was changed.' },
  'machine-not-ready': { exit: 5, says: 'The machine lacks something (a package, a right, a server): `chaton doctor` says what.' },
  'remote-failed': { exit: 6, says: 'A server or program that chaton relies on failed or did not answer.' },
  'no-room': { exit: 7, says: 'Not enough room: disk, storage pool or accounts. The message has the numbers.' },
  unhealthy: { exit: 8, says: 'The space, or a backup, was checked and did not pass.' },
  refused: { exit: 9, says: 'A safety question was answered no, or could not be asked (`--no-input`).' },
  interrupted: { exit: 130, says: 'Stopped by Ctrl-C or a signal. Run the same command again to go on.' },
} as const

export type ErrorCode = Exclude<keyof typeof exitCodes, 'ok'>

export interface ErrorDetails {
  readonly actor?: Actor
  /** True where the same call may succeed later without anybody acting. */
  readonly retryable?: boolean
  /** What the reader can do now, one sentence or command each. */
  readonly next?: readonly string[]
  readonly cause?: unknown
  /** Fields for `--json`; never secrets. */
  readonly data?: Readonly<Record<string, unknown>>
}

const actorOf: Record<ErrorCode, Actor> = {
  bug: 'bug',
  'bad-input': 'user',
  'not-found': 'user',
  conflict: 'user',
  'machine-not-ready': 'hoster',
  'remote-failed': 'remote',
  'no-room': 'hoster',
  unhealthy: 'hoster',
  refused: 'user',
  interrupted: 'user',
}

/** The one error class people see: what happened, who can act, what to do now. */
export class ChatonError extends Error {
  override readonly name = 'ChatonError'
  readonly code: ErrorCode
  readonly actor: Actor
  readonly retryable: boolean
  readonly next: readonly string[]
  readonly data: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.actor = details.actor ?? actorOf[code]
    this.retryable = details.retryable ?? false
    this.next = details.next ?? []
    this.data = details.data ?? {}
  }
}

/** Narrows an unknown thrown value; anything that is not ours is a bug. */
export function asChatonError(thrown: unknown): ChatonError {
  if (thrown instanceof ChatonError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new ChatonError('bug', message, { cause: thrown })
}

/** True when `thrown` is an operating-system error with this code, for example `ENOENT`. */
export function hasSystemCode(thrown: unknown, ...codes: readonly string[]): thrown is Error & { code: string } {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' && codes.includes(thrown.code)
}
