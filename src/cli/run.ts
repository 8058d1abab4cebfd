import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { loadConfig, type Sources } from '../config/load.ts'
import type { Config } from '../config/options.ts'
import { asChatonError, ChatonError, exitCodes, hasSystemCode } from '../kit/errors.ts'
import { createLogger } from '../kit/log.ts'
import { openApp, type App } from '../wiring.ts'
import type { CommandInput } from './command.ts'
import type { Invocation, Process } from './invocation.ts'
import type { OpenMoveProgress } from './present/open-progress.ts'
import { presentError, presentResult } from './present/output.ts'
import { openProgress } from './present/progress.ts'
import { table } from './table.ts'
import { terminalOf } from './terminal.ts'

/** Runs one parsed command: settings, app, command, presentation. Answers the exit code; throws nothing. */
export async function runCommand(invocation: Invocation, process_: Process): Promise<number> {
  const stopper = new AbortController()
  const onSignal = (): void => stopper.abort(new ChatonError('interrupted', 'stopped', { next: ['run the same command again to go on'] }))
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  const progress = await openProgress(invocation, process_)
  let moveProgress: Promise<OpenMoveProgress> | undefined
  const closeProgress = async (): Promise<void> => {
    await progress.close()
    await (await moveProgress)?.close()
  }
  let app: App | undefined
  try {
    const config = await readConfig(invocation, process_)
    const logger = createLogger(config.logLevel, (line) => process_.stderr.write(line))
    app = await openApp({ config, logger })
    const { command } = await invocation.entry.load()
    const input: CommandInput = {
      ...argumentsOf(invocation),
      flags: invocation.flags,
      dryRun: invocation.dryRun,
      app,
      commands: table,
      progress: progress.report,
      moveProgress: async () => await (moveProgress ??= loadMoveProgress(invocation, process_)),
      terminal: terminalOf(invocation, process_),
      signal: stopper.signal,
      environment: process_.environment,
    }
    const result = await abortable(command.run(input), stopper.signal)
    await closeProgress()
    const sandbox = invocation.entry.ofSpaces === true && config.engine === 'sandbox'
    presentResult({ command, result, json: invocation.json, sandbox, stdout: process_.stdout })
    return command.exitCode(result)
  } catch (thrown) {
    await closeProgress()
    const error = stoppedOr(thrown, stopper.signal)
    presentError(error, { json: invocation.json, stderr: process_.stderr, stdout: process_.stdout })
    return exitCodes[error.code].exit
  } finally {
    process.removeListener('SIGINT', onSignal).removeListener('SIGTERM', onSignal)
    await app?.close()
  }
}

/** Whatever fails after a signal failed because of it; a command that ended by itself says more. */
function stoppedOr(thrown: unknown, signal: AbortSignal): ChatonError {
  const error = asChatonError(thrown)
  return signal.aborted && error.code !== 'interrupted' ? asChatonError(signal.reason) : error
}

async function loadMoveProgress(invocation: Invocation, process_: Process): Promise<OpenMoveProgress> {
  const { openMoveProgress } = await import('./present/move-progress.ts')
  return openMoveProgress(invocation, process_)
}

async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => setTimeout(() => reject(signal.reason as Error), 1500).unref(), { once: true })
  })
  return await Promise.race([work, aborted])
}

function argumentsOf({ entry, args }: Invocation): Pick<CommandInput, 'args' | 'rest'> {
  const named: Record<string, string> = {}
  let rest: readonly string[] = []
  for (const [index, { name }] of (entry.args ?? []).entries()) {
    const value = args[index]
    if (Array.isArray(value)) rest = value
    else if (value !== undefined) named[name.replace(/\?$/, '')] = value
  }
  return { args: named, rest }
}

async function readConfig(invocation: Invocation, process_: Process): Promise<Config> {
  const file = await findConfigFile(invocation.configFile, process_)
  const sources: Sources = {
    flags: invocation.settings,
    surroundings: { uid: process.getuid?.() ?? 0, homeDirectory: homedir(), environment: process_.environment },
    ...(file === undefined ? {} : { file }),
  }
  return loadConfig(sources)
}

async function findConfigFile(given: string | undefined, { environment, workingDirectory }: Process): Promise<{ path: string; text: string } | undefined> {
  const named = given ?? environment['CHATON_CONFIG']
  const candidates = named === undefined ? [join(workingDirectory, 'chaton.yaml'), '/etc/chaton/chaton.yaml'] : [named]
  for (const path of candidates) {
    try {
      return { path, text: await readFile(path, 'utf8') }
    } catch (error) {
      if (named === undefined && hasSystemCode(error, 'ENOENT', 'ENOTDIR')) continue
      throw new ChatonError('bad-input', `cannot read the settings file "${path}"`, { cause: error, next: ['name a readable file with --config, or leave the flag out'] })
    }
  }
  return undefined
}
