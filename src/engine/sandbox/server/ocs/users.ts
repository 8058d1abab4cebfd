import { parseSize } from '../../../../kit/bytes.ts'
import { countEnabled, createAccount, deleteAccount, findAccount, groupsOf, hashPassword, isAdministrator, joinGroup, listAccounts, type AccountRow } from '../../space/accounts.ts'
import { readForm, type SignedIn } from '../exchange.ts'
import { OcsError } from './envelope.ts'
import type { OcsCall, OcsCalls } from './calls.ts'
import { userData } from './user-data.ts'

export const asAdministrator =
  (call: OcsCall): OcsCall =>
  (exchange, names) => {
    if (!isAdministrator(exchange.room.database, exchange.account.uid)) throw new OcsError(403, 'Logged in account must be at least a sub admin')
    return call(exchange, names)
  }

export function needAccount({ room }: SignedIn, uid: string | undefined, code = 998, message = ''): AccountRow {
  const account = uid === undefined ? undefined : findAccount(room.database, uid)
  if (account === undefined) throw new OcsError(code, message)
  return account
}

/** The provisioning API of accounts. */
export const userCalls: OcsCalls = {
  'GET cloud/users': asAdministrator(({ room, query }) => {
    const wanted = query.get('search')?.toLowerCase() ?? ''
    return { users: listAccounts(room.database).map((account) => account.uid).filter((uid) => uid.toLowerCase().includes(wanted)) }
  }),
  'GET cloud/users/details': asAdministrator(({ room }) => ({
    users: Object.fromEntries(listAccounts(room.database).map((account) => [account.uid, userData(room, account)])),
  })),
  'POST cloud/users': asAdministrator(create),
  'GET cloud/users/*': (exchange, [uid]) => {
    const own = uid?.toLowerCase() === exchange.account.uid.toLowerCase()
    if (!own && !isAdministrator(exchange.room.database, exchange.account.uid)) throw new OcsError(998, '')
    return userData(exchange.room, needAccount(exchange, uid, 404, 'User does not exist'))
  },
  'PUT cloud/users/*': edit,
  'DELETE cloud/users/*': asAdministrator((exchange, [uid]) => {
    const account = needAccount(exchange, uid)
    if (account.uid === exchange.account.uid) throw new OcsError(101, '')
    exchange.room.database.write(() => deleteAccount(exchange.room.database, account.uid))
    exchange.room.tree.removeAccount(account.uid)
    return []
  }),
  'PUT cloud/users/*/enable': asAdministrator((exchange, [uid]) => setEnabled(exchange, uid, 1)),
  'PUT cloud/users/*/disable': asAdministrator((exchange, [uid]) => setEnabled(exchange, uid, 0)),
  'GET cloud/users/*/groups': asAdministrator((exchange, [uid]) => ({ groups: groupsOf(exchange.room.database, needAccount(exchange, uid).uid) })),
}

function setEnabled(exchange: SignedIn, uid: string | undefined, enabled: 0 | 1): unknown {
  const account = needAccount(exchange, uid)
  if (account.uid === exchange.account.uid) throw new OcsError(101, '')
  exchange.room.database.run('UPDATE accounts SET enabled = ? WHERE uid = ?', enabled, account.uid)
  return []
}

async function create(exchange: SignedIn): Promise<unknown> {
  const form = await readForm(exchange)
  const { database } = exchange.room
  const uid = (form.get('userid') ?? '').trim()
  const groups = [...form].filter(([name]) => name.startsWith('groups[')).map(([, value]) => value)
  if (findAccount(database, uid) !== undefined) throw new OcsError(102, 'User already exists')
  for (const group of groups) {
    if (database.get('SELECT gid FROM groups WHERE gid = ?', group) === undefined) throw new OcsError(104, `Group ${group} does not exist`)
  }
  const password = form.get('password') ?? ''
  const email = form.get('email') ?? ''
  if (password === '' && email === '') throw new OcsError(108, 'An email address is required, to send a password link to the user.')
  const quota = form.has('quota') ? readQuota(form.get('quota') ?? '') : undefined
  if (!/^[a-zA-Z0-9 _.@'-]+$/.test(uid) || uid === '.' || uid === '..') {
    throw new OcsError(101, `Only the following characters are allowed in an Login: "a-z", "A-Z", "0-9", spaces and "_.@-'"`)
  }
  return database.write(() => {
    if (countEnabled(database) >= exchange.room.settings.accountCap) {
      throw new OcsError(107, 'The user was not created because the user limit has been reached. Check your notifications to learn more.')
    }
    createAccount(database, { uid, displayName: form.get('displayName') || uid, email: email || undefined, language: form.get('language') || 'en', at: exchange.room.now() })
    if (password !== '') database.run('UPDATE accounts SET password = ? WHERE uid = ?', hashPassword(password), uid)
    if (quota !== undefined) database.run('UPDATE accounts SET quota = ? WHERE uid = ?', quota, uid)
    for (const group of groups) joinGroup(database, group, uid)
    return { id: uid }
  })
}

/** Bytes; `null` for none. As Nextcloud reads sizes, decimal units are powers of 1024. */
function readQuota(text: string): number | null {
  if (text === 'none' || text === 'default' || text === '-3') return null
  if (/^\d+$/.test(text)) return Number(text)
  const parsed = parseSize(text.replace(/\b([kKMGT])i?B\b/i, '$1iB'))
  if (!parsed.ok) throw new OcsError(101, `Invalid quota value: ${text}`)
  return parsed.bytes
}

async function edit(exchange: SignedIn, [uid]: readonly string[]): Promise<unknown> {
  const form = await readForm(exchange)
  const account = needAccount(exchange, uid)
  const { database } = exchange.room
  const administrator = isAdministrator(database, exchange.account.uid)
  if (!administrator && account.uid !== exchange.account.uid) throw new OcsError(998, '')
  const value = form.get('value') ?? ''
  const set = (column: string, stored: string | number | null): unknown => {
    database.run(`UPDATE accounts SET ${column} = ? WHERE uid = ?`, stored, account.uid)
    return []
  }
  const key = form.get('key')
  if (key === 'quota' && administrator) return set('quota', readQuota(value))
  if (key === 'display' || key === 'displayname') return set('display_name', value)
  if (key === 'email') return set('email', value === '' ? null : value)
  if (key === 'language') return set('language', value)
  if (key === 'password') return set('password', hashPassword(value))
  throw new OcsError(113, '')
}
