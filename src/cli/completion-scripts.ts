import type { CommandEntry } from './command.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]
type Table = readonly CommandEntry[]

const commonFlags = ['--json', '--no-input', '--config', '--engine', '--state-directory', '--log-level', '--help']

function flagsOf(entry: CommandEntry): string[] {
  const own = (entry.flags ?? []).map(({ flags }) => flags.split(' ')[0] ?? '')
  return [...own, ...(entry.changes ? ['--dry-run'] : []), ...commonFlags]
}

function firstWords(table: Table): string[] {
  return [...new Set(table.map(({ path }) => path.split(' ')[0] ?? ''))]
}

function verbsOf(table: Table, noun: string): string[] {
  return table.filter(({ path }) => path.startsWith(`${noun} `)).map(({ path }) => path.slice(noun.length + 1))
}

/** A completion script made from the command table; it never runs chaton itself. Pure. */
export function completionScript(shell: Shell, table: Table): string {
  if (shell === 'fish') return fish(table)
  const body = bash(table)
  return shell === 'bash' ? body : `#compdef chaton\nautoload -U +X bashcompinit && bashcompinit\n${body}`
}

/** Of a noun that is a command as well. */
function ownFlags(table: Table, noun: string): string[] {
  const entry = table.find(({ path }) => path === noun)
  return entry === undefined ? [] : flagsOf(entry)
}

function bash(table: Table): string {
  // Longest first: `move` is a command and begins other ones.
  const cases = table.toSorted((a, b) => b.path.length - a.path.length).map((entry) => `    "${entry.path}"*) words="${flagsOf(entry).join(' ')}" ;;`)
  const nouns = firstWords(table)
    .filter((noun) => verbsOf(table, noun).length > 0)
    .map((noun) => `    ${noun}) words="${[...verbsOf(table, noun), ...ownFlags(table, noun)].join(' ')}" ;;`)
  return `# chaton completion: source <(chaton completion bash)
_chaton() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[*]:1:COMP_CWORD-1}" words=""
  case "$before" in
    "") words="${firstWords(table).join(' ')}" ;;
${nouns.join('\n')}
${cases.join('\n')}
  esac
  case "$current" in
    -*|"") ;;
    *) [ -n "$words" ] && COMPREPLY=($(compgen -W "$words" -- "$current") $(compgen -f -- "$current")) && return ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _chaton chaton
`
}

function fish(table: Table): string {
  const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines = table.flatMap((entry) => {
    const [noun = '', verb] = entry.path.split(' ')
    const seen = verb === undefined ? `__fish_seen_subcommand_from ${noun}` : `__fish_seen_subcommand_from ${noun}; and __fish_seen_subcommand_from ${verb}`
    const offer = verb === undefined ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${noun}; and not __fish_seen_subcommand_from ${verbsOf(table, noun).join(' ')}`
    const names = `complete -c chaton -n ${quote(offer)} -a ${verb ?? noun} -d ${quote(entry.summary)}`
    const flags = flagsOf(entry).map((flag) => `complete -c chaton -n ${quote(seen)} -l ${flag.slice(2)}`)
    return [names, ...flags]
  })
  const nouns = firstWords(table)
    .filter((noun) => verbsOf(table, noun).length > 0)
    .map((noun) => `complete -c chaton -n __fish_use_subcommand -a ${noun}`)
  return `# chaton completion: chaton completion fish | source\n${[...nouns, ...lines].join('\n')}\n`
}
