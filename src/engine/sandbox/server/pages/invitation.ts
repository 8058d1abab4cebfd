import { findAccount, hashPassword, hashSecret, type AccountRow } from '../../space/accounts.ts'
import { readForm, type Exchange } from '../exchange.ts'
import { jsonReply, type Reply } from '../reply.ts'
import { escapeXml } from '../xml.ts'
import { page } from './html.ts'

const shortest = 10
const validForSeconds = 7 * 86_400

function invited({ room }: Exchange, token: string, uid: string): AccountRow | undefined {
  const row = room.database.get<{ hash: string; created_at: number }>('SELECT hash, created_at FROM invitations WHERE uid = ?', uid)
  const good = row !== undefined && row.hash === hashSecret(token) && room.now() - row.created_at < validForSeconds
  const account = good ? findAccount(room.database, uid) : undefined
  return account?.enabled === 1 ? account : undefined
}

const expired = (): Reply =>
  page(
    500,
    'Lien expiré / Expired link',
    `<p>Ce lien ne sert qu’une fois, pendant sept jours. Demandez-en un autre à la personne qui administre l’espace.</p>
<p lang="en">This link works once, within seven days. Ask the administrator of the space for another.</p>`,
  )

/** The form behind the link of an invitation. */
export function invitationForm(exchange: Exchange, token: string, uid: string): Reply {
  const account = invited(exchange, token, uid)
  if (account === undefined) return expired()
  return form(exchange, token, account, '')
}

function form({ room }: Exchange, token: string, account: AccountRow, problem: string): Reply {
  const action = `/index.php/lostpassword/set/${encodeURIComponent(token)}/${encodeURIComponent(account.uid)}`
  const title = room.settings.title || 'chaton'
  return page(
    problem === '' ? 200 : 400,
    title,
    `${problem === '' ? '' : `<p role="alert"><strong>${problem}</strong></p>`}
<p>Bonjour ${escapeXml(account.display_name)}, choisissez votre mot de passe (au moins ${shortest} caractères). <span lang="en">Choose your password (at least ${shortest} characters).</span></p>
<form method="post" action="${escapeXml(action)}"><label>Mot de passe / Password <input type="password" name="password" autocomplete="new-password" minlength="${shortest}" required></label>
<button>Enregistrer / Save</button></form>`,
  )
}

/** Sets the password; the link is spent. Answers JSON to a script, a page to a browser. */
export async function setPassword(exchange: Exchange, token: string, uid: string): Promise<Reply> {
  const fields = await readForm(exchange)
  const byScript = exchange.request.headers['content-type']?.startsWith('application/json') === true
  const account = invited(exchange, token, uid)
  if (account === undefined) return byScript ? jsonReply(200, { status: 'error', msg: 'The link is invalid or has expired' }) : expired()
  const password = fields.get('password') ?? ''
  if (password.length < shortest) return form(exchange, token, account, `Trop court. <span lang="en">Too short.</span>`)
  const { database } = exchange.room
  database.write(() => {
    database.run('UPDATE accounts SET password = ? WHERE uid = ?', hashPassword(password), account.uid)
    database.run('DELETE FROM invitations WHERE uid = ?', account.uid)
  })
  if (byScript) return jsonReply(200, { user: account.uid, status: 'success' })
  return page(
    200,
    'C’est fait / Done',
    `<p>Votre mot de passe est enregistré. Nom du compte : <code>${escapeXml(account.uid)}</code></p>
<p lang="en">Your password is saved. Account name: <code>${escapeXml(account.uid)}</code></p>`,
  )
}
