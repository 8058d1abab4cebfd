import { joinGroup } from '../../space/accounts.ts'
import { readForm, type SignedIn } from '../exchange.ts'
import { OcsError } from './envelope.ts'
import type { OcsCalls } from './calls.ts'
import { asAdministrator, needAccount } from './users.ts'

const exists = ({ room }: SignedIn, gid: string): boolean => room.database.get('SELECT gid FROM groups WHERE gid = ?', gid) !== undefined

const groupOfForm = async (exchange: SignedIn): Promise<string> => (await readForm(exchange)).get('groupid') ?? ''

/** The provisioning API of groups. */
export const groupCalls: OcsCalls = {
  'GET cloud/groups': asAdministrator(({ room }) => ({
    groups: room.database.all<{ gid: string }>('SELECT gid FROM groups ORDER BY gid').map((row) => row.gid),
  })),
  'POST cloud/groups': asAdministrator(async (exchange) => {
    const gid = await groupOfForm(exchange)
    if (gid === '') throw new OcsError(101, 'Invalid group name')
    if (exists(exchange, gid)) throw new OcsError(102, 'group exists')
    exchange.room.database.run('INSERT INTO groups (gid) VALUES (?)', gid)
    return []
  }),
  'GET cloud/groups/*': asAdministrator((exchange, [gid = '']) => {
    if (!exists(exchange, gid)) throw new OcsError(404, 'The requested group could not be found')
    return { users: exchange.room.database.all<{ uid: string }>('SELECT uid FROM memberships WHERE gid = ? ORDER BY uid', gid).map((row) => row.uid) }
  }),
  'DELETE cloud/groups/*': asAdministrator((exchange, [gid = '']) => {
    if (!exists(exchange, gid)) throw new OcsError(101, '')
    if (gid === 'admin') throw new OcsError(102, '')
    exchange.room.database.run('DELETE FROM memberships WHERE gid = ?', gid)
    exchange.room.database.run('DELETE FROM groups WHERE gid = ?', gid)
    return []
  }),
  'POST cloud/users/*/groups': asAdministrator(async (exchange, [uid]) => {
    const gid = await groupOfForm(exchange)
    if (gid === '') throw new OcsError(101, '')
    if (!exists(exchange, gid)) throw new OcsError(102, '')
    joinGroup(exchange.room.database, gid, needAccount(exchange, uid, 103).uid)
    return []
  }),
  'DELETE cloud/users/*/groups': asAdministrator(async (exchange, [uid]) => {
    const gid = await groupOfForm(exchange)
    if (!exists(exchange, gid)) throw new OcsError(102, '')
    const account = needAccount(exchange, uid, 103)
    if (gid === 'admin' && account.uid === exchange.account.uid) throw new OcsError(105, 'Cannot remove yourself from the admin group')
    exchange.room.database.run('DELETE FROM memberships WHERE gid = ? AND uid = ?', gid, account.uid)
    return []
  }),
}
