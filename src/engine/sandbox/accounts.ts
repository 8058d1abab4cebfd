import { ChatonError } from '../../kit/errors.ts'
import { registerSecret } from '../../kit/mask.ts'
import type { Account, Credentials } from '../contract.ts'
import { countEnabled, createAccount, createInvitation, createToken, findAccount, isAdministrator, listAccounts } from './space/accounts.ts'
import type { SpaceDatabase } from './space/database.ts'
import { readSettings } from './space/settings.ts'

const missing = (userId: string): ChatonError => new ChatonError('not-found', `the space has no account "${userId}"`)

export function listEngineAccounts(database: SpaceDatabase): Account[] {
  return listAccounts(database)
    .filter((account) => !account.uid.startsWith('chaton-check-'))
    .map((account) => ({
      userId: account.uid,
      displayName: account.display_name,
      email: account.email ?? undefined,
      enabled: account.enabled === 1,
      administrator: isAdministrator(database, account.uid),
      createdAt: account.created_at,
      quotaBytes: account.quota ?? undefined,
    }))
}

/** Creates the account where it is missing; answers the token of a fresh link. Throws `no-room` at the cap. */
export function inviteAccount(
  database: SpaceDatabase,
  account: { userId: string; displayName: string; email: string; locale: string },
  at: number,
): string {
  return database.write(() => {
    if (findAccount(database, account.userId) === undefined) {
      const { accountCap } = readSettings(database)
      const enabled = countEnabled(database)
      if (enabled >= accountCap) {
        throw new ChatonError('no-room', `the space has ${enabled} enabled accounts and its plan allows ${accountCap}`, {
          next: ['disable an account that is no longer used, or choose a larger plan'],
          data: { enabled, allowed: accountCap },
        })
      }
      createAccount(database, { uid: account.userId, displayName: account.displayName, email: account.email, language: account.locale, at })
    }
    return registerSecret(createInvitation(database, account.userId, at))
  })
}

export function setEnabled(database: SpaceDatabase, userId: string, enabled: boolean): void {
  const found = database.run('UPDATE accounts SET enabled = ? WHERE uid = ?', enabled ? 1 : 0, userId)
  if (found === 0) throw missing(userId)
}

export function makeAppPassword(database: SpaceDatabase, { userId, label, at }: { userId: string; label: string; at: number }): Credentials {
  const account = findAccount(database, userId)
  if (account === undefined) throw missing(userId)
  return { userId: account.uid, password: registerSecret(createToken(database, { uid: account.uid, label, at })) }
}

/** How many accounts got another quota than they had. */
export function writeQuotas(database: SpaceDatabase, quotas: ReadonlyMap<string, number>): number {
  return database.write(() =>
    [...quotas].reduce((count, [userId, bytes]) => count + database.run('UPDATE accounts SET quota = ? WHERE uid = ? AND quota IS NOT ?', bytes, userId, bytes), 0),
  )
}
