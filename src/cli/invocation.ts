import type { Config } from '../config/options.ts'
import type { CommandEntry } from './command.ts'

/** Everything of the process that a run may touch, so that a test can give its own. */
export interface Process {
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly stdin: NodeJS.ReadStream
  /** Both standard input and standard error are a terminal: somebody can be asked. */
  readonly onTerminal: boolean
  readonly workingDirectory: string
  readonly version: string
}

/** A parsed command line. */
export interface Invocation {
  readonly entry: CommandEntry
  readonly args: readonly (string | string[] | undefined)[]
  readonly flags: Readonly<Record<string, unknown>>
  readonly json: boolean
  readonly input: boolean
  readonly dryRun: boolean
  readonly configFile: string | undefined
  readonly settings: Partial<Record<keyof Config, unknown>>
}
