import { createHash } from 'node:crypto'
import { findAccount, findByEmail, hashSecret, verifyPassword, type AccountRow } from '../space/accounts.ts'
import { header, type Exchange } from './exchange.ts'
import { notAuthenticated, serviceUnavailable, type DavError } from './reply.ts'

export type SignIn =
  | { readonly outcome: 'in'; readonly account: AccountRow; readonly token: string | undefined }
  | { readonly outcome: 'anonymous' | 'wrong' | 'disabled' }

/** Digests of account passwords found right: scrypt once per password, not per request. */
const verified = new Map<string, string>()

/** Basic authentication by name or e-mail address, with the account's password or one of its app passwords. */
export function signIn(exchange: Exchange): SignIn {
  const [scheme, encoded] = (header(exchange, 'authorization') ?? '').split(' ')
  if (scheme?.toLowerCase() !== 'basic' || encoded === undefined) return { outcome: 'anonymous' }
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return checkPassword(exchange, text.slice(0, colon), text.slice(colon + 1))
}

export function checkPassword(exchange: Exchange, user: string, password: string): SignIn {
  const { database } = exchange.room
  const account = findAccount(database, user) ?? findByEmail(database, user)
  if (account === undefined || password === '') return { outcome: 'wrong' }
  const hash = hashSecret(password)
  const token = database.get<{ hash: string }>('SELECT hash FROM tokens WHERE hash = ? AND uid = ?', hash, account.uid)?.hash
  if (token === undefined && !matches(account, password)) return { outcome: 'wrong' }
  if (account.enabled === 0) return { outcome: 'disabled' }
  noteLogin(exchange, account)
  return { outcome: 'in', account, token }
}

function matches(account: AccountRow, password: string): boolean {
  if (account.password === null) return false
  const digest = createHash('sha256').update(account.password).update(password).digest('hex')
  if (verified.get(account.uid) === digest) return true
  const right = verifyPassword(password, account.password)
  if (right) verified.set(account.uid, digest)
  return right
}

function noteLogin(exchange: Exchange, account: AccountRow): void {
  const now = exchange.room.now()
  if (now - account.last_login < 60) return
  exchange.room.database.run('UPDATE accounts SET last_login = ?, first_login = CASE first_login WHEN 0 THEN ? ELSE first_login END WHERE uid = ?', now, now, account.uid)
}

/** The answer of WebDAV to somebody who is not signed in. A browser's script gets a scheme that opens no dialogue. */
export function davRefusal(exchange: Exchange, outcome: 'anonymous' | 'wrong' | 'disabled'): DavError {
  if (outcome === 'disabled') return serviceUnavailable('OC\\User\\DisabledUserException: Account disabled')
  const byScript = header(exchange, 'x-requested-with') === 'XMLHttpRequest'
  const challenge = byScript ? 'DummyBasic realm="Nextcloud"' : 'Basic realm="Nextcloud", charset="UTF-8"'
  const message =
    outcome === 'wrong'
      ? 'Username or password was incorrect'
      : "No 'Authorization: Basic' header found. Either the client didn't send one, or the server is misconfigured"
  return notAuthenticated(message, { headers: { 'www-authenticate': challenge } })
}
