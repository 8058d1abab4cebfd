import { z } from 'zod'
import type { CommandEntry } from '../src/cli/command.ts'
import { MoveProgressLine } from '../src/cli/move/schemas.ts'
import { argumentSyntax, commonFlags } from '../src/cli/main.ts'
import { ErrorResult, ProgressLine, publishedSchema } from '../src/cli/schemas.ts'
import { schemaFile, table } from '../src/cli/table.ts'
import { markdownTable } from './markdown.ts'

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** JSON Schemas of what every command prints with `--json`, of its failures and of its progress, by their path in docs/reference. */
export async function commandSchemas(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  for (const entry of table) files.set(schemaFile(entry), json(publishedSchema(entry, (await entry.load()).command)))
  const shared = (title: string, schema: z.ZodType): string => json({ title, ...z.toJSONSchema(schema, { io: 'output' }) })
  files.set('schema/error.json', shared('What stands on standard output with --json when a command fails', ErrorResult))
  files.set('schema/progress.json', shared('One line of standard error with --json', ProgressLine))
  files.set('schema/move-progress.json', shared('One line of standard error of a move with --json', MoveProgressLine))
  return files
}

/** The parts of the page of commands. Pure. */
export function commandsParts(): string[] {
  return [
    'A command that changes something takes `--dry-run`: it shows what would be done and changes nothing. Every command takes:',
    markdownTable(['flag', 'meaning'], commonFlags.map(([flags, help]) => [`\`${flags}\``, help])),
    'With `--json`, one document stands on standard output, in the schema named below; a failure is one as well ([schema/error.json](schema/error.json)), ' +
      'with the [exit code](exit-codes.md) of the process. Progress stands on standard error, one JSON document a line ([schema/progress.json](schema/progress.json); of a move, [schema/move-progress.json](schema/move-progress.json)); lines of the log have a `level`. ' +
      'Sign-ins are shown by the commands that make them, in the fields `password` and `link`; everything else is masked.',
    ...table.flatMap(commandParts),
  ]
}

function commandParts(entry: CommandEntry): string[] {
  const { path, summary, args = [], flags = [], changes } = entry
  const own = [...flags, ...(changes === true ? [{ flags: '--dry-run', help: 'show what would be done, change nothing' }] : [])]
  const rows = [...args.map(({ name, help }) => [`\`${argumentSyntax(name)}\``, help]), ...own.map(({ flags: syntax, help }) => [`\`${syntax}\``, help])]
  const file = schemaFile(entry)
  return [
    `## chaton ${path}`,
    `${summary[0]?.toUpperCase() ?? ''}${summary.slice(1)}. Result: [${file}](${file}).`,
    ...(rows.length === 0 ? [] : [markdownTable(['argument or flag', 'meaning'], rows)]),
  ]
}
