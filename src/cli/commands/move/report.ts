import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { z } from 'zod'
import { ChatonError } from '../../../kit/errors.ts'
import { Elsewhere, elsewhereLines, elsewhereOf } from '../../../move/elsewhere.ts'
import { checkReport } from '../../../move/report/check.ts'
import { storedReport } from '../../../move/report/of-move.ts'
import { reportLines } from '../../../move/report/text.ts'
import { defineCommand, textFlag, type CommandInput } from '../../command.ts'
import { StoredReportResult } from '../../move/schemas.ts'

const Checked = z.object({
  what: z.literal('check'),
  file: z.string(),
  /** Nothing was changed since it was signed. */
  intact: z.boolean(),
  publicKey: z.string(),
  /** It is the key that was asked for; absent where none was. */
  expectedKey: z.boolean().exactOptional(),
  /** The move of this machine that has signed it. */
  move: z.string().exactOptional(),
})

const locale = z.enum(['fr', 'en'])

export const command = defineCommand({
  result: z.discriminatedUnion('what', [Checked, z.object({ what: z.literal('elsewhere'), move: z.string(), locale, notice: Elsewhere }), StoredReportResult.extend({ what: z.literal('report'), locale })]),
  run: async (input) => {
    const file = textFlag(input, 'check')
    if (input.flags['elsewhere'] === true) return { what: 'elsewhere' as const, ...(await elsewhere(input)) }
    return file === undefined ? { what: 'report' as const, ...(await show(input)) } : { what: 'check' as const, ...(await check(input, file)) }
  },
  text: (result) => {
    if (result.what === 'check') return { lines: checkLines(result) }
    if (result.what === 'elsewhere') return { lines: elsewhereLines(result.notice, result.locale) }
    const { report, files, publicKey, locale } = result
    return { lines: [...reportLines(report, locale), '', files[locale], files.json, publicKey] }
  },
  exitCode: (result) => (result.what !== 'check' || (result.intact && result.expectedKey !== false) ? 0 : 8),
})

async function elsewhere(input: CommandInput): Promise<{ move: string; locale: 'fr' | 'en'; notice: Elsewhere }> {
  const { moves } = await input.app.moves()
  using move = await moves.openLatest(input.args['move'])
  return { move: move.id, locale: localeOf(input), notice: elsewhereOf(move) }
}

async function show(input: CommandInput): Promise<z.infer<typeof StoredReportResult> & { locale: 'fr' | 'en' }> {
  const services = await input.app.moves()
  using move = await services.moves.openLatest(input.args['move'])
  const stored = await storedReport(services, move)
  const into = textFlag(input, 'into')
  const files = into === undefined ? stored.files : await copyInto(resolve(into), stored.files)
  return { ...stored, move: move.id, files, locale: localeOf(input) }
}

function localeOf(input: CommandInput): 'fr' | 'en' {
  const locale = textFlag(input, 'locale') ?? 'en'
  if (locale === 'fr' || locale === 'en') return locale
  throw new ChatonError('bad-input', `--locale: "${locale}" is not a language of reports`, { next: ['choose fr or en'] })
}

async function copyInto<Files extends Readonly<Record<string, string>>>(directory: string, files: Files): Promise<Files> {
  await mkdir(directory, { recursive: true })
  const copied = await Promise.all(
    Object.entries(files).map(async ([name, path]) => {
      const target = join(directory, basename(path))
      await copyFile(path, target)
      return [name, target] as const
    }),
  )
  return Object.fromEntries(copied) as Files
}

async function check(input: CommandInput, file: string): Promise<Omit<z.infer<typeof Checked>, 'what'>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ChatonError('bad-input', `cannot read the report "${file}"`, { cause, next: ['name a readable file with --check'] })
  })
  const key = textFlag(input, 'key')
  const { intact, publicKey, move } = await checkReport((await input.app.moves()).moves, text, file)
  return { file, intact, publicKey, ...(key === undefined ? {} : { expectedKey: key === publicKey }), ...(move === undefined ? {} : { move }) }
}

function checkLines({ file, intact, publicKey, expectedKey, move }: z.infer<typeof Checked>): string[] {
  if (!intact) return [`✗ ${file} was changed since it was signed.`]
  const lines = [`✓ ${file} is as it was signed, with the key ${publicKey}`]
  if (expectedKey === false) return [...lines, '✗ That is not the key that you gave.']
  if (expectedKey === true) return [...lines, '✓ That is the key that you gave.']
  if (move !== undefined) return [...lines, `✓ That is the key of the move ${move} of this machine.`]
  return [...lines, '  → compare it with the key shown at the end of that move, or give that one: --key <key>']
}
