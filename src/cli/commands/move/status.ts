import type { z } from 'zod'
import { formatSize } from '../../../kit/bytes.ts'
import { statusOf } from '../../../move/control.ts'
import { defineCommand } from '../../command.ts'
import { StatusResult } from '../../move/schemas.ts'
import { kindWords } from '../../present/move-words.ts'
import { columns } from '../../present/words.ts'

type Status = z.infer<typeof StatusResult>['moves'][number]

const phaseWords: Readonly<Record<Status['phase'], string>> = {
  new: 'not begun',
  prepared: 'planned, nothing copied yet',
  copying: 'stopped while copying; chaton move resume goes on',
  copied: 'copied, open for further passes',
  done: 'done',
  aborted: 'ended before it was done',
}

export const command = defineCommand({
  result: StatusResult,
  run: async ({ app, args }) => ({ moves: (await statusOf((await app.moves()).moves, args['move'])).map((one) => ({ ...one, kinds: [...one.kinds], notes: [...one.notes] })) }),
  text: ({ moves }) => ({ lines: moves.length === 0 ? ['No move yet. Start one: chaton move'] : moves.flatMap(statusLines) }),
})

function statusLines({ move, phase, running, source, destination, pass, kinds, notes }: Status): string[] {
  const [last] = notes
  const begun = kinds.filter(({ found, failure }) => found > 0 || failure !== undefined)
  return [
    `${move}  ${running ? `at work (pass ${pass})` : phaseWords[phase]}`,
    `  from ${who(source)}`,
    `  to   ${who(destination)}`,
    ...columns(begun.map((kind) => ['   ', kindWords[kind.name], `${kind.moved + kind.alreadyThere} of ${kind.found}`, kind.totalBytes === 0 ? '' : `${formatSize(kind.movedBytes)} of ${formatSize(kind.totalBytes)}`, kind.failure === undefined ? '' : `✗ ${kind.failure}`])),
    ...(last === undefined ? [] : [`  last note: ${last.at} ${last.message}`]),
  ]
}

const who = ({ address, account }: Status['source']): string => (account === undefined ? address : `${address}, account ${account}`)
