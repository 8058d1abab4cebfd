import { randomWord } from '../../../../kit/random.ts'
import { createToken } from '../../space/accounts.ts'
import { checkPassword } from '../auth.ts'
import { header, readForm, type Exchange } from '../exchange.ts'
import { jsonReply, type Reply } from '../reply.ts'
import { escapeXml } from '../xml.ts'
import { page } from './html.ts'

interface Flow {
  readonly poll: string
  readonly agent: string
  readonly startedAt: number
  granted?: { readonly loginName: string; readonly appPassword: string }
}

const lifetimeSeconds = 20 * 60
/** By the token in the address that the person opens. In memory only: nothing of it is worth a restart. */
const flows = new Map<string, Flow>()

function forgetOld(now: number): void {
  for (const [token, flow] of flows) if (now - flow.startedAt > lifetimeSeconds) flows.delete(token)
}

/** Login Flow v2, first step: a program asks. */
export function beginLoginFlow(exchange: Exchange): Reply {
  const now = exchange.room.now()
  forgetOld(now)
  const token = randomWord(128)
  const flow: Flow = { poll: randomWord(128), agent: header(exchange, 'user-agent') ?? 'unknown', startedAt: now }
  flows.set(token, flow)
  return jsonReply(200, {
    poll: { token: flow.poll, endpoint: `${exchange.origin}/login/v2/poll` },
    login: `${exchange.origin}/login/v2/flow/${token}`,
  })
}

/** Asked again and again by the program: 404 until the person has agreed, then once the app password. */
export async function pollLoginFlow(exchange: Exchange): Promise<Reply> {
  const form = await readForm(exchange)
  forgetOld(exchange.room.now())
  const found = [...flows].find(([, flow]) => flow.poll === form.get('token'))
  if (found?.[1].granted === undefined) return jsonReply(404, [])
  flows.delete(found[0])
  return jsonReply(200, { server: exchange.origin, ...found[1].granted })
}

/** The page on which a person signs in and agrees. */
export function grantForm(exchange: Exchange, token: string, problem = ''): Reply {
  forgetOld(exchange.room.now())
  const flow = flows.get(token)
  if (flow === undefined) return page(403, 'Demande expirée / Request expired', '<p>Recommencez depuis le programme. <span lang="en">Start again from the program.</span></p>')
  return page(
    problem === '' ? 200 : 403,
    exchange.room.settings.title || 'chaton',
    `${problem === '' ? '' : `<p role="alert"><strong>${problem}</strong></p>`}
<p>Le programme <strong>${escapeXml(flow.agent)}</strong> demande l’accès à votre compte. <span lang="en">The program asks for access to your account.</span></p>
<form method="post"><label>Compte / Account <input name="user" autocomplete="username" required></label>
<label>Mot de passe / Password <input type="password" name="password" autocomplete="current-password" required></label><button>Autoriser / Grant access</button></form>`,
  )
}

export async function grant(exchange: Exchange, token: string): Promise<Reply> {
  const form = await readForm(exchange)
  const flow = flows.get(token)
  const found = checkPassword(exchange, form.get('user') ?? '', form.get('password') ?? '')
  if (flow === undefined) return grantForm(exchange, token)
  if (found.outcome !== 'in') return grantForm(exchange, token, 'Compte ou mot de passe incorrect. / Wrong account or password.')
  const { uid } = found.account
  flow.granted = { loginName: form.get('user') ?? uid, appPassword: createToken(exchange.room.database, { uid, label: flow.agent, at: exchange.room.now() }) }
  return page(200, 'Compte relié / Account connected', '<p>Vous pouvez fermer cette page. <span lang="en">You can close this page.</span></p>')
}
