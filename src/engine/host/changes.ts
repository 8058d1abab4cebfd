import { z } from 'zod'
import type { SpaceTarget } from '../contract.ts'
import { namesOf } from './names.ts'
import type { Databases } from './parts.ts'

const Token = z.record(z.string(), z.string())

/** Which databases were written to: every upload, deletion and setting of Nextcloud is a row of its database. */
export async function changedSince(databases: Pick<Databases, 'writeCounters'>, targets: readonly SpaceTarget[], since: string | undefined): Promise<{ changed: readonly string[]; token: string }> {
  const counters = await databases.writeCounters(targets.map((target) => namesOf(target).id))
  const before = readToken(since)
  const changed = targets.filter((target) => {
    const { id } = namesOf(target)
    return counters.get(id) === undefined || counters.get(id) !== before[id]
  })
  return { changed: changed.map(({ uid }) => uid), token: JSON.stringify(Object.fromEntries(counters)) }
}

function readToken(since: string | undefined): Readonly<Record<string, string>> {
  if (since === undefined) return {}
  try {
    return Token.parse(JSON.parse(since))
  } catch {
    return {}
  }
}
