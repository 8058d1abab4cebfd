import { z } from 'zod'
import type { Remote } from './remote.ts'
import { callRemoteOcs } from './remote-ocs.ts'

/** An account as administrators see it (provisioning API, UsersController.php). */
export interface PersonEntry {
  readonly userId: string
  readonly displayName: string
  readonly email?: string
  readonly enabled: boolean
  readonly groups: string[]
  /** Of `files/`, as of the last time that the server reckoned it. */
  readonly filesBytes?: number
}

const Entry = z.looseObject({
  id: z.string(),
  displayname: z.string().nullish(),
  email: z.string().nullish(),
  enabled: z.boolean().optional(),
  groups: z.array(z.string()).optional(),
  quota: z.union([z.looseObject({ used: z.number().optional() }), z.array(z.unknown())]).optional(),
})
/** PHP writes an empty map as a list. An account that cannot be read has its id alone. */
const Page = z.looseObject({ users: z.union([z.record(z.string(), Entry), z.array(Entry).transform((list) => Object.fromEntries(list.map((entry) => [entry.id, entry])))]) })

const pageSize = 100

/** All accounts of a server. Throws `remote-failed` with status 403 where the account is no administrator. */
export async function listPeople(remote: Remote): Promise<PersonEntry[]> {
  const people: PersonEntry[] = []
  for (let offset = 0; ; offset += pageSize) {
    const { users } = await callRemoteOcs(remote, `/cloud/users/details?limit=${pageSize}&offset=${offset}`, { data: Page })
    const page = Object.values(users).map(personOf)
    people.push(...page)
    if (page.length < pageSize) return people
  }
}

function personOf({ id, displayname, email, enabled = true, groups = [], quota }: z.infer<typeof Entry>): PersonEntry {
  const used = quota === undefined || Array.isArray(quota) ? undefined : quota.used
  return { userId: id, displayName: displayname ?? id, enabled, groups, ...(email ? { email } : {}), ...(used === undefined ? {} : { filesBytes: used }) }
}
