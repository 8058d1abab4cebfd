import { createHash, randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'
import type { SpaceDatabase } from './database.ts'

export interface AccountRow {
  readonly uid: string
  readonly display_name: string
  readonly email: string | null
  readonly enabled: number
  readonly quota: number | null
  readonly password: string | null
  readonly language: string
  readonly created_at: number
  readonly first_login: number
  readonly last_login: number
}

export interface NewAccount {
  readonly uid: string
  readonly displayName: string
  readonly email?: string | undefined
  readonly language?: string
  readonly at: number
}

/** Random secrets are long enough for a plain hash; passwords that people choose get scrypt. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex')

export function hashPassword(password: string): string {
  const salt = randomBytes(16)
  return `scrypt:${salt.toString('hex')}:${scryptSync(password, salt, 32).toString('hex')}`
}

export function verifyPassword(password: string, stored: string): boolean {
  const [kind, salt = '', hash = ''] = stored.split(':')
  if (kind !== 'scrypt') return false
  return timingSafeEqual(scryptSync(password, Buffer.from(salt, 'hex'), 32), Buffer.from(hash, 'hex'))
}

export const findAccount = (database: SpaceDatabase, uid: string): AccountRow | undefined =>
  database.get<AccountRow>('SELECT * FROM accounts WHERE uid = ?', uid)

/** Only if the address is that of one account alone, as Nextcloud does it. */
export function findByEmail(database: SpaceDatabase, email: string): AccountRow | undefined {
  const [first, ...others] = database.all<AccountRow>('SELECT * FROM accounts WHERE email = ? COLLATE NOCASE', email)
  return others.length === 0 ? first : undefined
}

export const listAccounts = (database: SpaceDatabase): AccountRow[] => database.all<AccountRow>('SELECT * FROM accounts ORDER BY uid')

/** As Nextcloud counts against its cap: disabled accounts are left out. */
export const countEnabled = (database: SpaceDatabase): number =>
  database.get<{ n: number }>('SELECT count(*) AS n FROM accounts WHERE enabled = 1')?.n ?? 0

export function createAccount(database: SpaceDatabase, account: NewAccount): void {
  database.run(
    'INSERT INTO accounts (uid, display_name, email, language, created_at) VALUES (?, ?, ?, ?, ?)',
    account.uid,
    account.displayName,
    account.email ?? null,
    account.language ?? 'en',
    account.at,
  )
}

export const groupsOf = (database: SpaceDatabase, uid: string): string[] =>
  database.all<{ gid: string }>('SELECT gid FROM memberships WHERE uid = ? ORDER BY gid', uid).map((row) => row.gid)

export const isAdministrator = (database: SpaceDatabase, uid: string): boolean => groupsOf(database, uid).includes('admin')

export function joinGroup(database: SpaceDatabase, gid: string, uid: string): boolean {
  database.run('INSERT OR IGNORE INTO groups (gid) VALUES (?)', gid)
  return database.run('INSERT OR IGNORE INTO memberships (gid, uid) VALUES (?, ?)', gid, uid) > 0
}

/** Stores a new app password of 72 characters, as Nextcloud's are, and answers it. */
export function createToken(database: SpaceDatabase, token: { uid: string; label: string; at: number }): string {
  const secret = randomBytes(54).toString('base64').replaceAll('+', 'x').replaceAll('/', 'Y')
  database.run('INSERT INTO tokens (hash, uid, label, created_at) VALUES (?, ?, ?, ?)', hashSecret(secret), token.uid, token.label, token.at)
  return secret
}

/** A fresh invitation of the account; an earlier one stops working. Answers the token. */
export function createInvitation(database: SpaceDatabase, uid: string, at: number): string {
  const secret = randomBytes(24).toString('base64url').replaceAll(/[-_]/g, 'a')
  database.run('INSERT OR REPLACE INTO invitations (uid, hash, created_at) VALUES (?, ?, ?)', uid, hashSecret(secret), at)
  return secret
}

/** Removes the account with its groups, app passwords and invitation. Its files are removed by the tree. */
export function deleteAccount(database: SpaceDatabase, uid: string): void {
  for (const table of ['accounts', 'memberships', 'tokens', 'invitations']) database.run(`DELETE FROM ${table} WHERE uid = ?`, uid)
  const collections = 'SELECT id FROM collections WHERE uid = ?'
  database.run(`DELETE FROM objects WHERE collection IN (${collections})`, uid)
  database.run(`DELETE FROM changes WHERE collection IN (${collections})`, uid)
  database.run('DELETE FROM collections WHERE uid = ?', uid)
}
