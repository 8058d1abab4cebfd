import { execa, type Options } from 'execa'
import { ChatonError } from './errors.ts'
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

/**
 * The command line that drops rights and dies with us. `setpriv` (util-linux, essential on Debian) sets
 * PR_SET_PDEATHSIG, so that a `kill -9` of chaton leaves no child working behind the back of the next run.
 */
export function guardedCommand(command: string, args: readonly string[], as?: RunOptions['as']): readonly [string, string[]] {
  const rights = as ? [`--reuid=${as.uid}`, `--regid=${as.gid}`, '--clear-groups'] : []
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
    timeout: options.timeoutMs ?? defaultTimeoutMs,
    ...(options.cwd === undefined ? { cwd: '/' } : { cwd: options.cwd }),
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  }
  const result = await execa(file, fileArgs, execOptions)
  const exitCode = result.exitCode ?? -1
  const stdout = typeof result.stdout === 'string' ? result.stdout : ''
  const stderr = typeof result.stderr === 'string' ? result.stderr : ''
  if ((options.accept ?? [0]).includes(exitCode)) return { exitCode, stdout, stderr }
  throw failure(command, args, { exitCode, stdout, stderr }, result)
}

interface Ending {
  readonly timedOut?: boolean
  readonly isCanceled?: boolean
  readonly signal?: string | undefined
}

function failure(command: string, args: readonly string[], result: RunResult, ending: Ending): ChatonError {
  const shown = mask([command, ...args].join(' '))
  const tail = mask(`${result.stderr}\n${result.stdout}`.trim().split('\n').slice(-12).join('\n'))
  if (ending.isCanceled) return new ChatonError('interrupted', `${command} was stopped`)
  if (result.exitCode === 127 && /No such file or directory/.test(result.stderr)) {
    return new ChatonError('machine-not-ready', `the program "${command}" is not installed on this machine`, {
      next: ['chaton doctor names the package and the command that installs it'],
    })
  }
  const how = ending.timedOut ? 'did not finish in time' : ending.signal ? `was ended by ${ending.signal}` : `failed (exit ${result.exitCode})`
  return new ChatonError('remote-failed', `${shown} ${how}${tail === '' ? '' : `:\n${tail}`}`, {
    retryable: ending.timedOut === true,
    data: { command, exitCode: result.exitCode },
  })
}

/** True if the program can be found on the system path. */
export async function hasProgram(command: string): Promise<boolean> {
  const found = await run('sh', ['-c', 'command -v -- "$1"', 'sh', command], { accept: [0, 1, 127] })
  return found.exitCode === 0
}
