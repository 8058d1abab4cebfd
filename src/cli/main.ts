import { Command as Commander, CommanderError, Option } from 'commander'
import type { OptionName } from '../config/options.ts'
import { asChatonError, ChatonError, exitCodes } from '../kit/errors.ts'
import { nearest } from '../kit/suggest.ts'
import type { CommandEntry } from './command.ts'
import type { Invocation, Process } from './invocation.ts'
import { groups, table } from './table.ts'

/** Flags of every command; `config` names the file, the rest override settings. */
const common: readonly (readonly [string, string])[] = [
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
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.ok.exit : exitCodes['bad-input'].exit
    const error = asChatonError(thrown)
    process_.stderr.write(`${error.message}\n`)
    return exitCodes[error.code].exit
  }
}

type Action = (invocation: Invocation) => Promise<void>

function program(process_: Process, action: Action): Commander {
  const output = {
    writeOut: (text: string) => process_.stdout.write(text),
    writeErr: (text: string) => process_.stderr.write(text),
  }
  const root = new Commander('chaton')
    .description('Community hosting made small: provision, watch over, move and upgrade Nextcloud spaces for collectives.')
    .version(process_.version)
    .exitOverride()
    .configureOutput(output)
    // A flag belongs to the command it stands behind: `move` has flags of its own and verbs as well.
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help for what is allowed)')
    .addHelpText('after', '\nFirst steps: chaton provision fixtures/spaces/jardin-partage.yaml\nExit codes and JSON schemas: docs/reference/')
  const parents = new Map<string, Commander>()
  for (const entry of table) {
    const words = entry.path.split(' ')
    const [noun = '', verb] = words
    const parent = verb === undefined ? root : (parents.get(noun) ?? group(root, noun))
    if (verb !== undefined) parents.set(noun, parent)
    const command = addEntry(parent, entry, action)
    if (verb === undefined && verbsOf(noun).length > 0) parents.set(noun, command)
  }
  return root
}

const verbsOf = (noun: string): string[] => table.filter(({ path }) => path.startsWith(`${noun} `)).map(({ path }) => path.slice(noun.length + 1))

function noSuchVerb(noun: string, given: string): ChatonError {
  const verbs = verbsOf(noun)
  const near = nearest(given, verbs)
  return new ChatonError('bad-input', `chaton ${noun} has no "${given}"; ${near === undefined ? `choose one of: ${verbs.join(', ')}` : `did you mean "chaton ${noun} ${near}"?`}`)
}

function group(root: Commander, noun: string): Commander {
  const command = root.command(noun).description(groups[noun] ?? noun)
  inherit(root, command)
  return command.action((_options, self: Commander) => {
    const [given] = self.args
    if (given !== undefined) throw noSuchVerb(noun, given)
    throw new ChatonError('bad-input', `chaton ${noun} needs a verb; choose one of: ${verbsOf(noun).join(', ')}`)
  })
}

function inherit(root: Commander, command: Commander): void {
  command.copyInheritedSettings(root).allowExcessArguments(true)
}

function addEntry(parent: Commander, entry: CommandEntry, action: Action): Commander {
  const words = entry.path.split(' ')
  const command = parent.command(words.at(-1) ?? entry.path).description(entry.summary).allowExcessArguments(verbsOf(entry.path).length > 0)
  for (const { name, help } of entry.args ?? []) command.argument(argumentSyntax(name), help)
  for (const { flags, help } of entry.flags ?? []) command.option(flags, help)
  if (entry.changes) command.option('--dry-run', 'show what would be done, change nothing')
  for (const [flags, help] of common) {
    const taken = command.options.some((option) => option.long === flags.split(' ')[0])
    if (!taken) command.addOption(new Option(flags, help))
  }
  return command.action(async (...parameters: unknown[]) => {
    const [verb] = command.args.slice((entry.args ?? []).length)
    if (verb !== undefined && verbsOf(entry.path).length > 0) throw noSuchVerb(entry.path, verb)
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
function argumentSyntax(name: string): string {
  if (name.endsWith('?')) return `[${name.slice(0, -1)}]`
  if (name.endsWith('...')) return `[${name}]`
  return `<${name}>`
}
