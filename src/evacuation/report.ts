import { join } from 'node:path'
import { z } from 'zod'
import { formatSize } from '../kit/bytes.ts'
import { writeFileAtomic } from '../kit/files.ts'
import { EvacuationPlan } from './plan.ts'
import { AccountState, type EvacuationState } from './state.ts'

/** What became of everybody of a space. Each account has a signed report of its own besides. */
export const EvacuationReport = z.object({
  format: z.literal('chaton-space-move/1'),
  at: z.iso.datetime(),
  source: EvacuationPlan.shape.source,
  accounts: z.array(AccountState.extend({ from: z.string(), to: z.string(), space: z.string(), created: z.boolean() })),
  left: EvacuationPlan.shape.left,
  /** Groups of people that were made again, with those of their members who moved. */
  groups: z.array(z.string()),
  /** All that could move has, and was compared. */
  whole: z.boolean(),
  /** Links of invitations, where no mail server is configured. */
  invitations: z.array(z.object({ userId: z.string(), link: z.string() })),
})
export type EvacuationReport = z.infer<typeof EvacuationReport>

export function reportOf({ plan, state, links, now }: { readonly plan: EvacuationPlan; readonly state: EvacuationState; readonly links: ReadonlyMap<string, string>; readonly now: Date }): EvacuationReport {
  const accounts = plan.seats.map(({ from, to, space, create }) => ({ ...state.account(from), from, to, space, created: create }))
  return {
    format: 'chaton-space-move/1',
    at: now.toISOString(),
    source: plan.source,
    accounts,
    left: plan.left,
    groups: [...state.groups],
    whole: accounts.every((account) => account.state === 'done' && account.whole === true),
    invitations: [...links].map(([userId, link]) => ({ userId, link })),
  }
}

/** Beside the journals, without the links. */
export async function writeReport(directory: string, report: EvacuationReport): Promise<EvacuationReport> {
  await writeFileAtomic(join(directory, 'report.json'), `${JSON.stringify({ ...report, invitations: [] }, undefined, 2)}\n`, { mode: 0o600 })
  return report
}

/** For people. Pure. */
export function evacuationLines({ source, accounts, left, groups }: EvacuationReport): string[] {
  const done = accounts.filter(({ state }) => state === 'done').length
  const created = accounts.filter((account) => account.created && account.invited !== true)
  return [
    `${done} of ${accounts.length} accounts of "${source.space}" have moved.`,
    ...accounts.flatMap(({ from, to, space, state, whole, moved = 0, refused = 0, problem, next = [], report }) => [
      `${state === 'done' ? (whole === true ? '✓' : '!') : '✗'} ${from} → ${to} in ${space}: ${problem ?? `${moved} carried, ${refused} refused${whole === true ? ', both sides equal' : ', see the report'}`}`,
      ...next.map((line) => `    → ${line}`),
      ...(report === undefined ? [] : [`    report: ${report.en}`]),
    ]),
    ...(groups.length === 0 ? [] : [`Groups: ${groups.join(', ')}`]),
    ...left.flatMap(({ userId, reason, next }) => [`! ${userId} stays: ${reason}`, `    → ${next}`]),
    ...(done < accounts.length ? ['Go on with the rest: run the same command again.'] : afterwards(source.space, created)),
  ]
}

function afterwards(slug: string, uninvited: EvacuationReport['accounts']): string[] {
  return [
    ...(uninvited.length === 0 ? [] : [`${uninvited.length} new accounts have no invitation yet: run the same command with --invite`]),
    'Rights of administrators do not move: give them in the new space where they are wanted.',
    `The old space is as it was. When everybody has found everything: chaton space suspend ${slug}`,
  ]
}

/** For people. Pure. */
export function evacuationPlanLines({ source, seats, left, destinations, problems }: EvacuationPlan): string[] {
  return [
    `Would move ${seats.length} accounts of "${source.space}" (Nextcloud ${source.release}):`,
    ...seats.map(({ from, to, space, create, bytes }) => `  ${from} → ${to} in ${space}, ${formatSize(bytes)}${create ? '' : ' (has an account there)'}`),
    ...left.flatMap(({ userId, reason, next }) => [`! ${userId} stays: ${reason}`, `    → ${next}`]),
    ...destinations.map(
      ({ space, release, enabled, newAccounts, cap, usedBytes, neededBytes, poolBytes }) =>
        `"${space}" (Nextcloud ${release}): ${enabled} + ${newAccounts} of ${cap} accounts, ${formatSize(usedBytes)} + ${formatSize(neededBytes)} of ${formatSize(poolBytes)}`,
    ),
    ...problems.map((problem) => `✗ ${problem}`),
    ...(problems.length === 0 ? ['It fits.'] : []),
  ]
}
