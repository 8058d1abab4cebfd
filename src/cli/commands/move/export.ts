import { resolve } from 'node:path'
import { z } from 'zod'
import { formatSize } from '../../../kit/bytes.ts'
import { exportAccount, tryExport, type ExportPlan } from '../../../move/archive/export/export.ts'
import type { ExportWish } from '../../../move/archive/export/session.ts'
import { kindNames } from '../../../move/kinds.ts'
import { defineCommand, textFlag, type CommandInput } from '../../command.ts'
import { conductOf } from '../../move/conduct.ts'
import { address, optionsOf, signInWish } from '../../move/wish.ts'
import { signedOutLine } from '../../move/words.ts'
import { kindWords } from '../../present/move-words.ts'
import { columns } from '../../present/words.ts'

const Left = z.object({ kind: z.string(), what: z.string(), reason: z.string(), next: z.string().exactOptional() })
const plan = {
  move: z.string(),
  file: z.string(),
  source: z.object({ address: z.string(), account: z.string(), version: z.string() }),
  kinds: z.array(z.object({ name: z.enum(kindNames), count: z.int(), bytes: z.number().exactOptional() })),
  left: z.array(Left),
}
const Planned = z.object({ what: z.literal('plan'), dryRun: z.literal(true), ...plan })
const Done = z.object({ what: z.literal('exported'), ...plan, bytes: z.number(), whole: z.boolean(), signedOut: z.enum(['revoked', 'own', 'none', 'failed']) })

export const command = defineCommand({
  result: z.discriminatedUnion('what', [Planned, Done]),
  run: async (input: CommandInput) => {
    const services = await input.app.moves()
    const conduct = await conductOf(input)
    if (input.dryRun) return { what: 'plan' as const, dryRun: true as const, ...plain(await tryExport(services, wishOf(input), conduct)) }
    const { bytes, whole, signedOut, ...made } = await exportAccount(services, wishOf(input), conduct)
    return { what: 'exported' as const, ...plain(made), bytes, whole, signedOut }
  },
  text: (result) => ({
    lines:
      result.what === 'plan'
        ? [`Would write ${result.file}, from ${result.source.address}, account ${result.source.account}:`, ...kindLines(result), ...leftLines(result), 'Nothing was changed.']
        : [`✓ ${result.file} (${formatSize(result.bytes)}), from ${result.source.address}, account ${result.source.account}:`, ...kindLines(result), ...leftLines(result), ...(result.whole ? [] : ['✗ Some files could not be read (see above): export again into another file to have them.']), ...signedOutLine(result.signedOut, result.source.address), `Carry it into an account: chaton move import ${result.file} --to <address>`],
  }),
  exitCode: (result) => (result.what === 'plan' || result.whole ? 0 : 8),
})

const plain = ({ move, file, source, kinds, left }: ExportPlan): { move: string; file: string; source: ExportPlan['source']; kinds: ExportPlan['kinds'][number][]; left: ExportPlan['left'][number][] } => ({
  move,
  file,
  source,
  kinds: [...kinds],
  left: [...left],
})

function wishOf(input: CommandInput): ExportWish {
  const output = textFlag(input, 'output')
  const { manner, kinds, allowPlainHttp = false } = optionsOf(input)
  return {
    id: input.args['move'],
    from: address(input, 'from'),
    output: output === undefined ? undefined : resolve(output),
    folder: resolve('.'),
    signIn: signInWish(input, 'source'),
    kinds,
    manner,
    allowPlainHttp,
  }
}

const number = new Intl.NumberFormat('en')
const kindLines = ({ kinds }: Pick<ExportPlan, 'kinds'>): string[] => columns(kinds.map(({ name, count, bytes }) => [`  ${kindWords[name]}`, number.format(count), bytes === undefined ? '' : formatSize(bytes)]))

const shownLeft = 20

function leftLines({ left }: Pick<ExportPlan, 'left'>): string[] {
  if (left.length === 0) return []
  const hidden = left.length - shownLeft
  return [
    'Not in the archive:',
    ...left.slice(0, shownLeft).flatMap(({ what, reason, next }) => [`  ${what}: ${reason}`, ...(next === undefined ? [] : [`    → ${next}`])]),
    ...(hidden > 0 ? [`  … and ${number.format(hidden)} more; --json names them all`] : []),
  ]
}
