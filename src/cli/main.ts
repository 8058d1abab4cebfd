import { Command as Commander, CommanderError, Option } from 'commander'
import type { OptionName } from '../config/options.ts'
import { asChatonError, ChatonError, exitCodes } from '../kit/errors.ts'
import { nearest } from '../kit/suggest.ts'
import type { CommandEntry } from './command.ts'
import type { Invocation, Process } from './invocation.ts'
import { presentError } from './present/output.ts'
import { groups, schemaFile, table } from './table.ts'

/** Flags of every command; `config` names the file, the rest override settings. */
export const commonFlags: readonly (readonly [string, string])[] = [
  ['--json', 'one JSON document on standard output, progress as JSON lines on standard error'],
  ['--no-input', 'never ask; fail with the flag that answers the question'],
  ['--config <file>', 'settings (default: ./chaton.yaml, then /etc/chaton/chaton.yaml)'],
  ['--engine <name>', 'what runs spaces: sandbox or host'],
  ['--state-directory <path>', 'where chaton keeps records, secrets and spaces'],
  ['--log-level <level>', 'silent, error, warn, info or debug'],
]

/** Settings that are flags as well. */
const settingFlags: Readonly<Record<string, OptionName>> = {
  engine: 'engine',
  stateDirectory: 'stateDirectory',
  logLevel: 'logLevel',
}

/** Parses and runs one command line; answers the exit code. Loads only what the command needs. */
export async function main(process_: Process): Promise<number> {
  let exitCode = 0
  const root = program(process_, async (invocation) => {
    const { runCommand } = await import('./run.ts')
    exitCode = await runCommand(invocation, process_)
  })
  try {
    await root.parseAsync([...process_.argv], { from: 'user' })
    return exitCode
  } catch (thrown) {
    if (thrown instanceof CommanderError && isAnswer(thrown)) return thrown.exitCode === 0 ? exitCodes.ok.exit : exitCodes['bad-input'].exit
    const error = thrown instanceof CommanderError ? badCommandLine(thrown, process_.argv) : asChatonError(thrown)
    presentError(error, { json: process_.argv.includes('--json'), stderr: process_.stderr, stdout: process_.stdout })
    return exitCodes[error.code].exit
  }
}

/** Help, or a version: shown by then. */
const isAnswer = ({ code }: CommanderError): boolean => code === 'commander.version' || code.startsWith('commander.help')

/** `error: unknown option '--jsno'\n(Did you mean --json?)` in our own words. */
function badCommandLine({ message }: CommanderError, argv: readonly string[]): ChatonError {
  const said = message.replace(/^error: /, '').replace(/\.?\n\(Did you mean (.*)\?\)$/, '; did you mean "$1"?')
  const words = table.map(({ path }) => path).filter((path) => argv.join(' ').startsWith(path))
  const [path = ''] = words.toSorted((a, b) => b.length - a.length)
  const order = path === '' && argv[0]?.startsWith('-') ? ['flags come after the command: chaton space list --json'] : []
  return new ChatonError('bad-input', said, { next: [...order, `chaton ${path}${path === '' ? '' : ' '}--help says what is allowed`] })
}

type Action = (invocation: Invocation) => Promise<void>

function program(process_: Process, action: Action): Commander {
  const output = {
    writeOut: (text: string) => process_.stdout.write(text),
    writeErr: (text: string) => process_.stderr.write(text),
    // Shown by `main`, in the form of every other error.
    outputError: () => {},
  }
  const root = new Commander('chaton')
    .description('Community hosting made small: provision, watch over, move and upgrade Nextcloud spaces for collectives.')
    .version(process_.version)
    .exitOverride()
    .configureOutput(output)
    .showSuggestionAfterError()
    .addHelpText('after', '\nFirst steps: chaton provision fixtures/spaces/jardin-partage.yaml\nCommands, exit codes and JSON schemas: docs/reference/')
  const parents = new Map<string, Commander>()
  for (const entry of table) {
    const words = entry.path.split(' ')
    const [noun = '', verb] = words
    const parent = verb === undefined ? root : (parents.get(noun) ?? group(root, noun))
    if (verb !== undefined) parents.set(noun, parent)
    addEntry(parent, entry, action)
  }
  return root
}

function group(root: Commander, noun: string): Commander {
  const command = root.command(noun).description(groups[noun] ?? noun)
  inherit(root, command)
  return command.action((_options, self: Commander) => {
    const verbs = table.filter((entry) => entry.path.startsWith(`${noun} `)).map((entry) => entry.path.slice(noun.length + 1))
    const given = self.args.find((word) => !word.startsWith('-'))
    const near = given === undefined ? undefined : nearest(given, verbs)
    const hint = near === undefined ? `choose one of: ${verbs.join(', ')}` : `did you mean "chaton ${noun} ${near}"?`
    throw new ChatonError('bad-input', given === undefined ? `chaton ${noun} needs a verb; ${hint}` : `chaton ${noun} has no "${given}"; ${hint}`)
  })
}

function inherit(root: Commander, command: Commander): void {
  command.copyInheritedSettings(root).allowExcessArguments(true).allowUnknownOption(true)
}

function addEntry(parent: Commander, entry: CommandEntry, action: Action): void {
  const words = entry.path.split(' ')
  const command = parent.command(words.at(-1) ?? entry.path).description(entry.summary).allowExcessArguments(false).allowUnknownOption(false)
  for (const { name, help } of entry.args ?? []) command.argument(argumentSyntax(name), help)
  for (const { flags, help } of entry.flags ?? []) command.option(flags, help)
  if (entry.changes) command.option('--dry-run', 'show what would be done, change nothing')
  for (const [flags, help] of commonFlags) {
    const taken = command.options.some((option) => option.long === flags.split(' ')[0])
    if (!taken) command.addOption(new Option(flags, help))
  }
  command.addHelpText('after', `\nJSON schema of the result: docs/reference/${schemaFile(entry)}`)
  command.action(async (...parameters: unknown[]) => {
    const given = parameters.slice(0, (entry.args ?? []).length) as (string | string[] | undefined)[]
    const flags = command.opts<Record<string, unknown>>()
    await action({
      entry,
      args: given,
      flags,
      json: flags['json'] === true,
      input: flags['input'] !== false,
      dryRun: flags['dryRun'] === true,
      configFile: typeof flags['config'] === 'string' ? flags['config'] : undefined,
      settings: Object.fromEntries(Object.entries(settingFlags).map(([flag, name]) => [name, flags[flag]])),
    })
  })
}

/** `slug` -> `<slug>`, `slug?` -> `[slug]`, `arguments...` -> `[arguments...]`. */
export function argumentSyntax(name: string): string {
  if (name.endsWith('?')) return `[${name.slice(0, -1)}]`
  if (name.endsWith('...')) return `[${name}]`
  return `<${name}>`
}
