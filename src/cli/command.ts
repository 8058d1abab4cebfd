import type { z } from 'zod'
import type { Progress } from '../spaces/progress.ts'
import type { OpenMoveProgress } from './present/open-progress.ts'
import type { App } from '../wiring.ts'

export interface Argument {
  /** `slug`, `file|slug`; required unless it ends with `?`; the rest of the line if it ends with `...`. */
  readonly name: string
  readonly help: string
}

export interface Flag {
  /** As commander reads it: `--plan <name>`, `--no-backup`. */
  readonly flags: string
  readonly help: string
}

/** One line of the command table; the module behind it is loaded only when the command runs. */
export interface CommandEntry {
  /** `space list`. */
  readonly path: string
  readonly summary: string
  readonly args?: readonly Argument[]
  readonly flags?: readonly Flag[]
  /** It changes something: it gets `--dry-run`. */
  readonly changes?: boolean
  /** It speaks of spaces: where they are sandboxes, its output says so. */
  readonly ofSpaces?: boolean
  load(): Promise<{ readonly command: Command }>
}

export interface CommandInput {
  /** Arguments by name, missing optional ones absent; a `...` argument is joined by the caller of `rest`. */
  readonly args: Readonly<Record<string, string>>
  readonly rest: readonly string[]
  readonly flags: Readonly<Record<string, unknown>>
  readonly dryRun: boolean
  readonly app: App
  /** The whole command table. */
  readonly commands: readonly CommandEntry[]
  readonly progress: Progress
  /** The view of a move while it works; loaded at first use. */
  readonly moveProgress: () => Promise<OpenMoveProgress>
  readonly terminal: Terminal
  readonly signal: AbortSignal
  /** Variables of the caller, for secrets that may not be arguments. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** What a command may ask of the person. */
export interface Terminal {
  /** False when piped or with `--no-input`: then `ask` throws `refused` naming the flag that answers instead. */
  readonly canAsk: boolean
  ask(question: string, instead: string): Promise<string>
  /** As `ask`, and what is typed is not shown. */
  askSecret(question: string, instead: string): Promise<string>
  /** A line for people while a long command runs (standard error). */
  say(line: string): void
}

export interface Shown {
  /** Lines for people; registered secrets are masked. */
  readonly lines: readonly string[]
  /** Lines that deliberately show a sign-in once. */
  readonly reveal?: readonly string[]
}

/** A command: parses nothing, prints nothing; a typed result and two views of it (text here, JSON by its published schema). */
export interface Command {
  readonly result: z.ZodType
  readonly run: (input: CommandInput) => Promise<unknown>
  readonly text: (result: unknown) => Shown
  /** Exit code of a result that is not a failure to run, for example a check that found something. Default 0. */
  readonly exitCode: (result: unknown) => number
}

export interface CommandDefinition<R extends z.ZodType> {
  readonly result: R
  readonly run: (input: CommandInput) => Promise<z.infer<R>>
  readonly text: (result: z.infer<R>) => Shown
  readonly exitCode?: (result: z.infer<R>) => number
}

/** Ties run, text and schema to one type. */
export function defineCommand<R extends z.ZodType>(definition: CommandDefinition<R>): Command {
  return {
    result: definition.result,
    run: definition.run,
    text: (result) => definition.text(result as z.infer<R>),
    exitCode: (result) => definition.exitCode?.(result as z.infer<R>) ?? 0,
  }
}

/** The argument, which the table says is required. */
export function required(input: CommandInput, name: string): string {
  const value = input.args[name]
  if (value === undefined) throw new TypeError(`the command table has no required argument "${name}"`)
  return value
}

/** A text flag, or `undefined`. */
export function textFlag(input: Pick<CommandInput, 'flags'>, name: string): string | undefined {
  const value = input.flags[name]
  return typeof value === 'string' ? value : undefined
}
