import { ChatonError } from '../../kit/errors.ts'
import { isPrivateAddress } from '../../kit/net.ts'

type Scheme = 'http' | 'https'

/** Where to look for a Nextcloud, the likeliest first; each a base URL without trailing slash. */
export interface Candidates {
  /** As a person would say it, for messages. */
  readonly host: string
  readonly bases: readonly string[]
}

/** Words with which Nextcloud's own addresses go on after its base: whoever pasted one stood on a page. */
const pages = new Set(['index.php', 'remote.php', 'public.php', 'ocs', 'status.php', 'cron.php', 'apps', 'login', 's', 'f', 'call', 'u', 'settings', 'core', '.well-known', 'ocm-provider'])
const mostParents = 4

/** Schemes under which addresses of a Nextcloud go about; what follows is the same. */
const schemes: ReadonlyMap<string, Scheme> = new Map([['https', 'https'], ['davs', 'https'], ['webdavs', 'https'], ['nc', 'https'], ['http', 'http'], ['dav', 'http'], ['webdav', 'http']])

/**
 * Reads what a person typed or pasted: a host, an address with or without scheme, a page of a Nextcloud, a federated cloud id
 * (`ann@cloud.example.org`). A name or password before the host is dropped. Throws `bad-input`.
 */
export function candidatesOf(typed: string): Candidates {
  const text = typed.trim().replace(/^[<"'«\s]+|[>"'»\s]+$/g, '')
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
  const url = hostIn(scheme === undefined ? text : text.slice(scheme.length + 3))
  if (url === undefined || (scheme === undefined && !url.hostname.includes('.') && !isLocal(url.hostname))) throw notAddress(typed, 'no host can be read from it')
  const wanted = scheme === undefined ? unsaid(url.hostname) : [schemes.get(scheme)].filter((one) => one !== undefined)
  if (wanted.length === 0) throw notAddress(typed, `${scheme}:// does not lead to one`)
  return { host: url.host, bases: parentsOf(url.pathname).flatMap((path) => wanted.map((one) => `${one}://${url.host}${path}`)) }
}

const hostIn = (text: string): URL | undefined => (URL.canParse(`https://${text}`) && !/\s/.test(text) ? new URL(`https://${text}`) : undefined)

const unsaid = (hostname: string): readonly Scheme[] => (isLocal(hostname) ? ['https', 'http'] : ['https'])

/** Literal addresses and names that lead to this machine or its network without asking anybody. */
export const isLocal = (hostname: string): boolean => isPrivateAddress(hostname) || hostname === 'localhost' || hostname.endsWith('.localhost')

/** `/a/b/index.php/apps` gives `/a/b`, `/a` and the root. */
function parentsOf(pathname: string): string[] {
  const names = pathname.split('/').filter((name) => name !== '')
  const page = names.findIndex((name) => pages.has(name.toLowerCase()))
  const known = page < 0 ? names : names.slice(0, page)
  const lengths = Array.from({ length: known.length + 1 }, (_, index) => known.length - index)
  const paths = lengths.map((length) => known.slice(0, length).map((name) => `/${name}`).join(''))
  return paths.length <= mostParents ? paths : [...paths.slice(0, mostParents - 1), '']
}

const notAddress = (typed: string, why: string): ChatonError =>
  new ChatonError('bad-input', `"${typed}" is not the address of a Nextcloud: ${why}`, { next: ['give it as it stands in the browser, for example cloud.example.org or https://example.org/nextcloud'] })
