import { ChatonError } from '../../kit/errors.ts'
import { textOf, type HttpClient } from '../../kit/http-stream.ts'
import { addressesOf, isPrivateAddress } from '../../kit/net.ts'
import { parseJson, Status } from '../status.ts'
import { candidatesOf, isLocal } from './typed.ts'
import { unreachable } from './unreachable.ts'

/** A Nextcloud that can take part in a move. */
export interface FoundServer {
  /** Base URL without trailing slash. */
  readonly base: string
  /** Three numbers, `32.0.1`. */
  readonly version: string
  readonly major: number
}

export interface DiscoverOptions {
  readonly http: HttpClient
  /** Plain HTTP to servers that are not on this machine or its network: passwords can be read on the way. */
  readonly allowPlainHttp?: boolean
}

/** The oldest release that a move reads from or writes to. */
export const oldestMajor = 25
const mostRedirects = 4

/**
 * The Nextcloud at an address as a person gives it, asked for its `status.php`; no credentials are sent. Throws `bad-input` for what
 * is no address, no Nextcloud, too old, or plain HTTP; `remote-failed` where nothing answers, in maintenance, or not to be trusted.
 */
export async function discover(typed: string, options: DiscoverOptions): Promise<FoundServer> {
  const { host, bases } = candidatesOf(typed)
  let problem: unknown
  for (const base of bases) {
    try {
      const found = await look(await asSafeAsPossible(base, options), options)
      if (found !== undefined) return found
    } catch (error) {
      if (!isSilence(error)) throw error
      problem ??= error
    }
  }
  const [first = ''] = bases
  if (problem !== undefined && (await asSafeAsPossible(first, options)) !== first) throw plainRefused(host, problem)
  throw problem ?? notNextcloud(host)
}

/** Whoever gave `http://` gets HTTPS where plain HTTP is not allowed: many servers speak both. */
async function asSafeAsPossible(base: string, options: DiscoverOptions): Promise<string> {
  return (await mayBePlain(base, options)) ? base : base.replace(/^http:/, 'https:')
}

/** Nothing answered: under another scheme something may. */
const isSilence = (error: unknown): boolean => error instanceof ChatonError && error.code === 'remote-failed' && error.data['silent'] === true

/** Undefined where something else than a Nextcloud answers. */
async function look(base: string, options: DiscoverOptions): Promise<FoundServer | undefined> {
  let at = base
  for (let hop = 0; hop <= mostRedirects; hop++) {
    if (!(await mayBePlain(at, options))) throw plainRefused(new URL(at).host)
    const { status, headers, text } = await ask(options.http, `${at}/status.php`)
    if (status >= 500) throw failing(at, status, headers)
    if (status < 300 || status > 399) return status === 200 ? judged(at, text) : undefined
    const next = redirected(`${at}/status.php`, headers['location'])
    if (next === undefined) return undefined
    at = next
  }
  return undefined
}

async function ask(http: HttpClient, url: string): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly text: string }> {
  try {
    const answer = await http.send(url, { headers: { 'user-agent': 'chaton', accept: 'application/json' }, idleTimeoutMs: 20_000 })
    return { status: answer.status, headers: answer.headers, text: await textOf(answer) }
  } catch (error) {
    const told = unreachable(error, url)
    throw new ChatonError(told.code, told.message, { retryable: told.retryable, next: told.next, cause: told.cause, data: { ...told.data, ...(told.code === 'remote-failed' ? { silent: true } : {}) } })
  }
}

/** The base that a redirect leads to, undefined where it leads to a page. Throws `bad-input` for another host: a password must go where the person meant it to. */
function redirected(from: string, location: string | undefined): string | undefined {
  if (location === undefined || !URL.canParse(location, from)) return undefined
  const to = new URL(location, from)
  if (to.hostname !== new URL(from).hostname) {
    const base = `${to.origin}${to.pathname.replace(/\/status\.php$/, '').replace(/\/+$/, '')}`
    throw new ChatonError('bad-input', `${new URL(from).host} sends its visitors to ${to.host}`, { next: [`if that is your host too, give its address: ${base}`], data: { redirect: to.origin } })
  }
  return to.pathname.endsWith('/status.php') ? `${to.origin}${to.pathname.slice(0, -'/status.php'.length)}` : undefined
}

async function mayBePlain(base: string, { allowPlainHttp = false }: DiscoverOptions): Promise<boolean> {
  const { protocol, hostname } = new URL(base)
  if (protocol === 'https:' || allowPlainHttp || isLocal(hostname)) return true
  const addresses = await addressesOf(hostname)
  return addresses.length > 0 && addresses.every((address) => isPrivateAddress(address))
}

const plainRefused = (host: string, cause?: unknown): ChatonError =>
  new ChatonError('bad-input', `${host} speaks plain HTTP only: everybody on the way could read the password and the files`, {
    next: ['ask its host for HTTPS', 'or, if you know the way to be safe, allow it: --allow-http'],
    cause,
  })

function judged(base: string, text: string): FoundServer | undefined {
  const parsed = Status.safeParse(parseJson(text))
  if (!parsed.success) return undefined
  const { productname, versionstring, maintenance, needsDbUpgrade, installed } = parsed.data
  const host = new URL(base).host
  if (/owncloud|opencloud|infinite scale/i.test(productname)) throw new ChatonError('bad-input', `${host} runs ${productname}, which is not a Nextcloud`)
  if (!installed) throw new ChatonError('bad-input', `the Nextcloud at ${host} is not installed yet`)
  const version = /^\d+\.\d+\.\d+/.exec(versionstring)?.[0] ?? /^\d+\.\d+\.\d+/.exec(parsed.data.version)?.[0]
  if (version === undefined) return undefined
  const major = Number(version.split('.')[0])
  if (major < oldestMajor) {
    throw new ChatonError('bad-input', `${host} runs Nextcloud ${version}; a move needs ${oldestMajor} or later`, { next: ['ask its host for an upgrade'], data: { version, oldest: oldestMajor } })
  }
  if (maintenance || needsDbUpgrade) throw inMaintenance(host)
  return { base, version, major }
}

function failing(base: string, status: number, headers: Readonly<Record<string, string>>): ChatonError {
  const { host } = new URL(base)
  if (headers['x-nextcloud-maintenance-mode'] === '1') return inMaintenance(host)
  return new ChatonError('remote-failed', `the server at ${host} is out of order: it answers ${status}`, { retryable: true, next: ['try again later'], data: { status } })
}

const inMaintenance = (host: string): ChatonError =>
  new ChatonError('remote-failed', `the Nextcloud at ${host} is in maintenance`, { retryable: true, next: ['try again in some minutes'], data: { status: 503 } })

const notNextcloud = (host: string): ChatonError =>
  new ChatonError('bad-input', `no Nextcloud answers at ${host}`, { next: ['open it in a browser, sign in, and copy the address from there'] })
