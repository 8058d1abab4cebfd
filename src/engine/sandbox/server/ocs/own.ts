import { createToken } from '../../space/accounts.ts'
import { header } from '../exchange.ts'
import { OcsError } from './envelope.ts'
import type { OcsCalls } from './calls.ts'
import { userData } from './user-data.ts'

/** Calls about the account that is signed in. */
export const ownCalls: OcsCalls = {
  'GET cloud/user': ({ room, account }) => userData(room, account),
  'GET core/getapppassword': (exchange) => {
    if (exchange.token !== undefined) throw new OcsError(403, 'You cannot request an new apppassword with an apppassword')
    const label = header(exchange, 'user-agent') ?? 'unknown'
    return { apppassword: createToken(exchange.room.database, { uid: exchange.account.uid, label, at: exchange.room.now() }) }
  },
  'DELETE core/apppassword': ({ room, token }) => {
    if (token === undefined) throw new OcsError(403, 'no app password in use')
    room.database.run('DELETE FROM tokens WHERE hash = ?', token)
    return []
  },
}
