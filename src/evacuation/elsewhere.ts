import { z } from 'zod'
import { ChatonError } from '../kit/errors.ts'
import type { Hosts, SignIn } from '../move/hosts.ts'
import { listPeople } from '../nextcloud/people.ts'

/**
 * Accounts of a host that is not on this machine, as its administrator sees them. Nobody but the person can make an app password
 * of their account there: each of them moves with `chaton move`.
 */
export const PeopleElsewhere = z.object({
  address: z.string(),
  version: z.string(),
  accounts: z.array(z.object({ userId: z.string(), displayName: z.string(), email: z.string().exactOptional(), enabled: z.boolean(), groups: z.array(z.string()), filesBytes: z.number().exactOptional() })),
})
export type PeopleElsewhere = z.infer<typeof PeopleElsewhere>

export async function peopleElsewhere(hosts: Hosts, address: string, { signIn, allowPlainHttp }: { readonly signIn: () => Promise<SignIn>; readonly allowPlainHttp: boolean }): Promise<PeopleElsewhere> {
  const host = await hosts.find(address, { allowPlainHttp })
  const account = await hosts.open(host, await signIn())
  const accounts = await listPeople(account.remote).catch((error: unknown) => {
    if (!(error instanceof ChatonError) || error.data['status'] !== 403) throw error
    throw new ChatonError('bad-input', `"${account.remote.uid}" is no administrator of ${host.address}`, { next: ['sign in as an administrator: --from-user <name>'], cause: error })
  })
  return { address: host.address, version: host.version, accounts }
}

/** For people. Pure. */
export function elsewhereLines({ address, accounts }: PeopleElsewhere, destination: string): string[] {
  return [
    `${address} is not a space of this machine. Its administrator can list accounts, but nobody except the person can sign in to their data from afar:`,
    ...accounts.map(({ userId, displayName, email, enabled, groups }) => `  ${userId} (${displayName}${email === undefined ? '' : `, ${email}`})${groups.length === 0 ? '' : `, in ${groups.join(', ')}`}${enabled ? '' : ', disabled'}`),
    'Each of them moves on their own, with two words:',
    '  chaton move',
    `Before that, give each an account: chaton account invite ${destination} <mail address>`,
  ]
}
