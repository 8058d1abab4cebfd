import type { z } from 'zod'
import { formatSize } from '../../kit/bytes.ts'
import type { MovePlan } from '../../move/plan.ts'
import { isWhole, type MoveReport } from '../../move/report/model.ts'
import { reportLines } from '../../move/report/text.ts'
import type { Shown } from '../command.ts'
import { durationWords, kindWords } from '../present/move-words.ts'
import { columns } from '../present/words.ts'
import type { DoneResult, PlanResult, RunResult, SignedOutBoth } from './schemas.ts'

const number = new Intl.NumberFormat('en')
const shownLeft = 20

/** The plan for people. Pure. */
export function planLines({ source, destination, kinds, without, left, notCarried, neededBytes, freeBytes, remarks, guessSeconds }: MovePlan): string[] {
  const room = freeBytes === undefined ? 'no limit known' : `${formatSize(freeBytes)} free`
  return [
    ...columns([
      ['from', source.address, `account ${source.account}, Nextcloud ${source.version}`],
      ['to', destination.address, `account ${destination.account}, Nextcloud ${destination.version}`],
    ]),
    '',
    'What will move:',
    ...columns(kinds.filter(({ problem }) => problem === undefined).map(({ name, count, bytes, requests }) => [`  ${kindWords[name]}`, number.format(count), bytes === undefined || bytes === 0 ? '' : formatSize(bytes), requests === undefined ? '' : `${number.format(requests)} requests`])),
    ...kinds.flatMap(({ name, problem }) => (problem === undefined ? [] : [`  ✗ ${kindWords[name]}: ${problem}`])),
    ...(without.length === 0 ? [] : [`Left out: ${without.map((name) => kindWords[name]).join(', ')}`]),
    ...listed('What cannot move:', [...left, ...notCarried]),
    '',
    `Room: ${formatSize(neededBytes)} to be carried, ${room} at the new host.`,
    ...remarks.flatMap(({ blocks, message, next }) => [`${blocks ? '✗' : '!'} ${message}`, ...next.map((line) => `  → ${line}`)]),
    `Roughly ${durationWords(guessSeconds)}, depending on both hosts and the line between them.`,
  ]
}

function listed(title: string, refusals: readonly { readonly what: string; readonly reason: string; readonly next?: string }[]): string[] {
  if (refusals.length === 0) return []
  const hidden = refusals.length - shownLeft
  return [
    title,
    ...refusals.slice(0, shownLeft).flatMap(({ what, reason, next }) => [`  ${what}: ${reason}`, ...(next === undefined ? [] : [`    → ${next}`])]),
    ...(hidden > 0 ? [`  … and ${number.format(hidden)} more; --json names them all`] : []),
  ]
}

export function planText({ move, dryRun, plan }: z.infer<typeof PlanResult>): Shown {
  const after = dryRun ? ['Nothing was changed.'] : [`Nothing was changed. Go on: chaton move run ${move}`, `Forget it and sign out: chaton move abort ${move}`]
  return { lines: [...planLines(plan), ...after] }
}

export function doneText({ move, report, publicKey, files, phase, signedOut }: z.infer<typeof DoneResult>): Shown {
  return {
    lines: [
      ...reportLines(report, 'en'),
      '',
      `Report: ${files.en}`,
      `        ${files.fr} (en français)`,
      `        ${files.json}`,
      `Signed with the key ${publicKey}`,
      ...signedOutLines(signedOut, report),
      ...(phase === 'done' ? [] : openLines(move, report)),
    ],
  }
}

function openLines(move: string, report: MoveReport): string[] {
  const failed = report.kinds.some(({ state }) => state === 'failed')
  return [
    failed ? 'The move is not finished: a part of it broke off. Both sign-ins are kept.' : 'The move stays open, and both sign-ins are kept.',
    ...(failed ? [] : [`Bring what changes meanwhile: chaton move delta ${move}`]),
    `${failed ? 'Try again' : 'End it'}: chaton move run ${move}`,
    `End it as it is: chaton move abort ${move}`,
  ]
}

/** Which sign-ins have ended, and what the person can do about the others. Pure. */
export function signedOutLines(signedOut: z.infer<typeof SignedOutBoth>, { source, destination }: { readonly source: { readonly address: string }; readonly destination: { readonly address: string } }): string[] {
  return [...signedOutLine(signedOut.source, source.address), ...signedOutLine(signedOut.destination, destination.address)]
}

/** The same for one side. Pure. */
export function signedOutLine(state: z.infer<typeof SignedOutBoth>['source'], address: string): string[] {
  if (state === 'revoked') return [`✓ signed out at ${address}: the app password of this move works no more`]
  if (state === 'own') return [`! the app password that you gave for ${address} still works: delete it there if you need it no more (Personal settings, Security)`]
  if (state === 'failed') return [`✗ ${address} did not answer: the app password of this move still works there`, '  → run chaton move abort again later, or delete "chaton" there under Personal settings, Security']
  return []
}

export function runText(result: z.infer<typeof RunResult>): Shown {
  return result.what === 'plan' ? planText(result) : doneText(result)
}

/** 0, or 8 where something is missing or differs. */
export function runExitCode(result: z.infer<typeof RunResult>): number {
  return result.what === 'plan' || isWhole(result.report) ? 0 : 8
}
