import { z } from 'zod'
import { ChatonError } from '../kit/errors.ts'
import type { Place } from './contract.ts'
import type { Seat } from './plan.ts'

export interface Group {
  readonly id: string
  readonly members: readonly string[]
}

/** Who is in it may do everything: nobody gets into it by moving. */
const administrators = 'admin'
const Groups = z.record(z.string(), z.array(z.coerce.string())).or(z.array(z.never()).transform((): Record<string, string[]> => ({})))

/** Groups of people with their members; undefined where the engine has no occ (a sandbox, which has no shares for groups either). */
export async function groupsOf({ engine, target }: Place): Promise<Group[] | undefined> {
  if (engine.sandbox) return undefined
  const { stdout, stderr, exitCode } = await engine.occ(target, ['group:list', '--limit=100000', '--output=json'])
  const parsed = exitCode === 0 ? Groups.safeParse(JSON.parse(stdout)) : undefined
  if (parsed?.success !== true) throw new ChatonError('remote-failed', `the groups of "${target.slug}" cannot be listed: ${stderr.trim() || stdout.trim().slice(0, 200)}`)
  return Object.entries(parsed.data).map(([id, members]) => ({ id, members })).filter(({ id }) => id !== administrators)
}

/** Groups with those members that one destination gets. Pure. */
export function groupsFor(groups: readonly Group[], seats: readonly Seat[]): Group[] {
  const newIds = new Map(seats.map(({ from, to }) => [from, to]))
  return groups
    .map(({ id, members }) => ({ id, members: members.flatMap((member) => newIds.get(member) ?? []) }))
    .filter(({ members }) => members.length > 0)
}

/** Makes what is missing; answers the groups that were made. */
export async function ensureGroups(place: Place, wanted: readonly Group[]): Promise<string[]> {
  const { engine, target } = place
  const there = new Map((await groupsOf(place))?.map(({ id, members }) => [id, new Set(members)]))
  const occ = async (...args: readonly string[]): Promise<void> => {
    const { exitCode, stdout, stderr } = await engine.occ(target, args)
    if (exitCode !== 0) throw new ChatonError('remote-failed', `"${target.slug}": ${args.join(' ')}: ${stderr.trim() || stdout.trim()}`)
  }
  const made: string[] = []
  for (const { id, members } of wanted) {
    if (!there.has(id)) {
      await occ('group:add', '--', id)
      made.push(id)
    }
    for (const member of members) if (there.get(id)?.has(member) !== true) await occ('group:adduser', '--', id, member)
  }
  return made
}
