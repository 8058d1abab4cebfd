import { z } from 'zod'

const Words = z.array(z.string()).catch([]).default([])
/** `files` of the capabilities: `forbidden_*` since 30 (`_characters` since 29), `blacklisted_files` before. */
const Rules = z
  .looseObject({
    forbidden_filenames: Words,
    blacklisted_files: Words,
    forbidden_filename_basenames: Words,
    forbidden_filename_characters: Words,
    forbidden_filename_extensions: Words,
  })
  .catch({ forbidden_filenames: [], blacklisted_files: [], forbidden_filename_basenames: [], forbidden_filename_characters: [], forbidden_filename_extensions: [] })

const mostBytes = 250

/** The rules of FilenameValidator.php (before 30: Storage/Common.php) for one server; answers why a name is refused, or undefined. */
export function nameRules(capabilities: unknown): (name: string) => string | undefined {
  const rules = Rules.parse(capabilities)
  const reserved = lower([...rules.forbidden_filenames, ...rules.blacklisted_files, '.htaccess'])
  const basenames = lower(rules.forbidden_filename_basenames)
  const extensions = lower([...rules.forbidden_filename_extensions, '.part', '.filepart'])
  const characters = ['\\', '/', ...rules.forbidden_filename_characters]
  return (name) => {
    const small = name.toLowerCase()
    if (['', '.', '..'].includes(name.trim())) return 'a name of dots or blanks only'
    if (Buffer.byteLength(name) > mostBytes) return `longer than ${mostBytes} bytes`
    // oxlint-disable-next-line no-control-regex
    if (/[\u0000-\u001f]/.test(name)) return 'a control character in the name'
    if (reserved.has(small) || basenames.has(basenameOf(small))) return 'a reserved name'
    const ending = [...extensions].find((extension) => small.endsWith(extension))
    if (ending !== undefined) return `names must not end with "${ending}"`
    const character = characters.find((one) => name.includes(one))
    return character === undefined ? undefined : `"${character}" in the name`
  }
}

const lower = (words: readonly string[]): ReadonlySet<string> => new Set(words.filter((word) => word !== '').map((word) => word.toLowerCase()))

/** Up to the first dot, which may be the first character. */
function basenameOf(name: string): string {
  const dot = name.indexOf('.', 1)
  return dot < 0 ? name : name.slice(0, dot)
}
