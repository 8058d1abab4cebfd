import { spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import { execa, type Options } from 'execa'
import { ChatonError, hasSystemCode } from './errors.ts'
import { mask } from './mask.ts'

export interface RunOptions {
  readonly cwd?: string
  /** Added to a minimal environment (PATH, LANG, TZ): the caller's own variables are not inherited. */
  readonly env?: Readonly<Record<string, string>>
  /** Text for standard input: the place for secrets, which may never be arguments. */
  readonly input?: string
  /** Run as this user and group, without any supplementary group. Needs root. */
  readonly as?: { readonly uid: number; readonly gid: number }
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Exit codes that are an answer, not a failure. Default: 0 only. */
  readonly accept?: readonly number[]
}

export interface RunResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const defaultTimeoutMs = 600_000

/** A minimal environment for child processes; nothing of the caller's leaks into a space. */
export function childEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: systemPath, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', TZ: 'UTC', HOME: '/nonexistent', ...extra }
}

/** Arguments of setpriv(1) for this user and group, without any supplementary group. */
export function rightsArguments(as: { readonly uid: number; readonly gid: number }): string[] {
  return [`--reuid=${as.uid}`, `--regid=${as.gid}`, '--clear-groups']
}

/**
 * The command line that drops rights and dies with us. `setpriv` (util-linux, essential on Debian) sets
 * PR_SET_PDEATHSIG, so that a `kill -9` of chaton leaves no child working behind the back of the next run.
 */
export function guardedCommand(command: string, args: readonly string[], as?: RunOptions['as']): readonly [string, string[]] {
  const rights = as ? rightsArguments(as) : []
  return ['setpriv', ['--pdeathsig', 'KILL', ...rights, '--', command, ...args]]
}

/**
 * The one door to other programs. Resolves with the output; throws `remote-failed` on another exit code than
 * accepted, on a signal or a time-out, and `machine-not-ready` where the program is not installed.
 */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [file, fileArgs] = guardedCommand(command, args, options.as)
  const execOptions: Options = {
    extendEnv: false,
    env: childEnvironment(options.env),
    reject: false,
    stripFinalNewline: false,
    detached: true,
    ...(options.cwd === undefined ? { cwd: '/' } : { cwd: options.cwd }),
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
  }
  if (options.signal?.aborted) throw stopped(command)
  const started = execa(file, fileArgs, execOptions)
  using deadline = endInTime(started.pid, options)
  const result = await started
  const exitCode = result.exitCode ?? -1
  const stdout = typeof result.stdout === 'string' ? result.stdout : ''
  const stderr = typeof result.stderr === 'string' ? result.stderr : ''
  if (deadline.ended === undefined && (options.accept ?? [0]).includes(exitCode)) return { exitCode, stdout, stderr }
  const neverRan = result.exitCode === undefined && result.signal === undefined ? result.originalMessage : undefined
  throw failure(command, args, { exitCode, stdout, stderr }, { why: deadline.ended, signal: result.signal, neverRan })
}

interface Ending {
  /** Set where we ended it. */
  readonly why: 'late' | 'stopped' | undefined
  readonly signal: string | undefined
  /** Why it could not be started at all. */
  readonly neverRan: string | undefined
}

const killAfterMs = 5_000

/**
 * Ends a program after its time or when the signal aborts: first asked, after 5 seconds killed. It leads a process group
 * of its own, so that what it has started ends with it.
 */
function endInTime(pid: number | undefined, { timeoutMs, signal }: RunOptions): Disposable & { readonly ended: Ending['why'] } {
  const timers: NodeJS.Timeout[] = []
  const state: { ended: Ending['why'] } = { ended: undefined }
  const end = (why: 'late' | 'stopped'): void => {
    state.ended ??= why
    signalGroup(pid, 'SIGTERM')
    timers.push(setTimeout(() => signalGroup(pid, 'SIGKILL'), killAfterMs))
  }
  const stop = (): void => end('stopped')
  timers.push(setTimeout(() => end('late'), timeoutMs ?? defaultTimeoutMs))
  signal?.addEventListener('abort', stop, { once: true })
  return {
    get ended() {
      return state.ended
    },
    [Symbol.dispose]: () => {
      for (const timer of timers) clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    },
  }
}

function signalGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, name)
  } catch (error) {
    if (!hasSystemCode(error, 'ESRCH')) throw error
  }
}

const stopped = (command: string): ChatonError => new ChatonError('interrupted', `${command} was stopped`)

function failure(command: string, args: readonly string[], result: RunResult, ending: Ending): ChatonError {
  const shown = mask([command, ...args].join(' '))
  const tail = mask(`${result.stderr}\n${result.stdout}`.trim().split('\n').slice(-12).join('\n'))
  if (ending.why === 'stopped') return stopped(command)
  if (result.exitCode === 127 && result.stderr.startsWith(`setpriv: failed to execute ${command}: No such file`)) {
    return new ChatonError('machine-not-ready', `the program "${command}" is not installed on this machine`, {
    next: ['chaton doctor names the package and the command that installs it'],
    })
  }
  return new ChatonError('remote-failed', `${shown} ${howItEnded(result.exitCode, ending)}${tail === '' ? '' : `:\n${tail}`}`, {
    retryable: ending.why === 'late',
    data: { command, exitCode: result.exitCode },
  })
}

function howItEnded(exitCode: number, { why, signal, neverRan }: Ending): string {
  if (why === 'late') return 'did not finish in time'
  if (neverRan !== undefined) return `could not be started: ${mask(neverRan)}`
  return signal === undefined ? `failed (exit ${exitCode})` : `was ended by ${signal}`
}

export interface DetachedOptions extends Pick<RunOptions, 'as' | 'cwd' | 'env'> {
  /** Takes standard output and standard error; emptied first, mode 0600. */
  readonly logFile: string
}

/**
 * Starts a program that outlives us: a session of its own, no PR_SET_PDEATHSIG, standard input closed. Resolves with
 * its pid as soon as it runs; whether it serves is for the caller to find out. Throws `machine-not-ready` where `setpriv`
 * (with `as`) or the program (without) is not installed; with `as`, a missing program is told in `logFile`.
 */
export async function spawnDetached(command: string, args: readonly string[], options: DetachedOptions): Promise<number> {
  const { as } = options
  const [file, fileArgs] = as ? ['setpriv', [...rightsArguments(as), '--', command, ...args]] : [command, [...args]]
  const log = await open(options.logFile, 'w', 0o600)
  try {
    const child = spawn(file, fileArgs, {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: childEnvironment(options.env),
      cwd: options.cwd ?? '/',
    })
    const { pid } = child
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    child.unref()
    if (pid === undefined) throw new ChatonError('bug', `${file} was started without a process id`)
    return pid
  } catch (error) {
    if (!hasSystemCode(error, 'ENOENT')) throw error
    throw new ChatonError('machine-not-ready', `the program "${file}" is not installed on this machine`, {
      next: ['chaton doctor names the package and the command that installs it'],
    })
  } finally {
    await log.close()
  }
}

/** True if the program can be found on the system path. */
export async function hasProgram(command: string): Promise<boolean> {
  const found = await run('sh', ['-c', 'command -v -- "$1"', 'sh', command], { accept: [0, 1, 127] })
  return found.exitCode === 0
}

/** A program that is talked to line by line for as long as it is needed. */
export interface Conversation {
  /** Writes one line to the program. */
  send(line: string): void
  /** Called with each line it prints on standard output. */
  onLine(listener: (line: string) => void): void
  /** Resolves when the program has ended, with the end of what it wrote on standard error. Never rejects. */
  readonly ended: Promise<{ readonly exitCode: number | undefined; readonly stderr: string }>
  /** Closes its standard input: the polite way to end it. */
  close(): void
  kill(): void
  /** Whether the program keeps this process alive. */
  setRef(ref: boolean): void
}

const stderrTail = 4000

/** Starts a program as {@link run} does (minimal environment, rights dropped, dies with us) and keeps talking to it. */
export function converse(command: string, args: readonly string[], options: Pick<RunOptions, 'cwd' | 'env' | 'as'> = {}): Conversation {
  const [file, fileArgs] = guardedCommand(command, args, options.as)
  const child = execa(file, fileArgs, {
    extendEnv: false,
    env: childEnvironment(options.env),
    cwd: options.cwd ?? '/',
    reject: false,
    buffer: false,
    stdin: 'pipe',
  })
  let stderr = ''
  let rest = ''
  const listeners: ((line: string) => void)[] = []
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) for (const listener of listeners) listener(line)
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(-stderrTail)
  })
  // A program that ends while we write to it is reported by `ended`.
  child.stdin.on('error', () => {})
  const handles: readonly unknown[] = [child, child.stdin, child.stdout, child.stderr]
  return {
    send: (line) => void child.stdin.write(`${line}\n`),
    onLine: (listener) => void listeners.push(listener),
    ended: child.then((result) => ({ exitCode: result.exitCode, stderr: mask(stderr) })),
    close: () => void child.stdin.end(),
    kill: () => void child.kill('SIGKILL'),
    setRef: (ref) => {
      for (const handle of handles) setHandleRef(handle, ref)
    },
  }
}

function setHandleRef(handle: unknown, ref: boolean): void {
  const counted = handle as { ref?: () => unknown; unref?: () => unknown }
  if (ref) counted.ref?.()
  else counted.unref?.()
}
