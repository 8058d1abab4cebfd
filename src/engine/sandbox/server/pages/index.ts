import type { Exchange } from '../exchange.ts'
import type { Reply } from '../reply.ts'
import { escapeXml } from '../xml.ts'
import { page } from './html.ts'
import { invitationForm, setPassword } from './invitation.ts'
import { beginLoginFlow, grantForm, grant, pollLoginFlow } from './login-flow.ts'

type Answer = (exchange: Exchange, first: string, second: string) => Reply | Promise<Reply>

const routes: readonly (readonly [pattern: string, answer: Answer])[] = [
  ['GET /', home],
  ['GET /login', home],
  ['GET /lostpassword/reset/form/*/*', invitationForm],
  ['POST /lostpassword/set/*/*', setPassword],
  ['POST /login/v2', beginLoginFlow],
  ['POST /login/v2/poll', pollLoginFlow],
  ['GET /login/v2/flow/*', (exchange, token) => grantForm(exchange, token)],
  ['POST /login/v2/flow/*', grant],
]

/** Pages for browsers, with or without `/index.php` in front. */
export async function answerPage(exchange: Exchange): Promise<Reply> {
  const path = exchange.path[0] === 'index.php' ? exchange.path.slice(1) : exchange.path
  const method = exchange.method === 'HEAD' ? 'GET' : exchange.method
  for (const [pattern, answer] of routes) {
    const [wanted, address = ''] = pattern.split(' ')
    const parts = address.split('/').filter((part) => part !== '')
    if (wanted !== method || parts.length !== path.length || parts.some((part, index) => part !== '*' && part !== path[index])) continue
    const [first = '', second = ''] = path.filter((_part, index) => parts[index] === '*')
    return answer(exchange, first, second)
  }
  return page(404, 'Introuvable / Not found', '<p>Cette page n’existe pas. <a href="/">Accueil</a></p>')
}

function home({ room, origin }: Exchange): Reply {
  const address = `${escapeXml(origin)}/remote.php/dav/files/`
  return page(
    200,
    room.settings.title || 'chaton',
    `<p>Cet espace est un bac à sable : il parle comme un Nextcloud, pour essayer chaton sans rien installer. Il n’a pas d’interface pour les fichiers.
Pour le voir vivre, ouvrez <code>${address}&lt;compte&gt;/</code> avec un client WebDAV et un mot de passe d’application.</p>
<p lang="en">This space is a sandbox: it speaks as a Nextcloud does, for trying chaton with nothing installed. It has no interface for files.
To see it at work, open <code>${address}&lt;account&gt;/</code> with a WebDAV client and an app password.</p>`,
  )
}
