import { z } from 'zod'
import type { Clock } from '../kit/clock.ts'
import { ChatonError } from '../kit/errors.ts'
import { textOf, type HttpClient } from '../kit/http-stream.ts'
import { registerSecret } from '../kit/mask.ts'
import { Capabilities, User } from './ocs.ts'
import { openRemote, refusal, type Remote } from './remote.ts'
import { callRemoteOcs } from './remote-ocs.ts'
import { parseJson } from './status.ts'

/** A sign-in that waits for a person (Login Flow v2, core/Controller/ClientFlowLoginV2Controller.php). */
export interface PendingSignIn {
  /** To be opened in a browser. */
  readonly login: string
  readonly poll: { readonly endpoint: string; readonly token: string }
}

export interface Grant {
  /** For signing in; the account's id may differ. */
  readonly loginName: string
  /** A secret. */
  readonly appPassword: string
}

export interface SignInOptions {
  readonly http: HttpClient
  readonly base: string
  /** Shown to the person, and in their list of devices. */
  readonly agent: string
}

const Begun = z.looseObject({ poll: z.looseObject({ token: z.string().min(6), endpoint: z.url() }), login: z.url() })
const Granted = z.looseObject({ loginName: z.string().min(1), appPassword: z.string().min(6) })
const lifetimeMs = 20 * 60_000
const pollEveryMs = 2000

export async function beginSignIn({ http, base, agent }: SignInOptions): Promise<PendingSignIn> {
  const answer = await http.send(`${base}/index.php/login/v2`, { method: 'POST', headers: { 'user-agent': agent, accept: 'application/json' }, body: '' })
  const text = await textOf(answer)
  if (answer.status !== 200) throw refusal(`asking ${base} for a sign-in`, { ...answer, text })
  const begun = Begun.safeParse(parseJson(text))
  if (!begun.success) throw new ChatonError('remote-failed', `${base} does not know the sign-in by browser`, { next: ['make an app password in the account (Personal settings, Security) and give that'], cause: begun.error })
  const { poll, login } = begun.data
  return { login: atHome(base, login), poll: { endpoint: atHome(base, poll.endpoint), token: registerSecret(poll.token) } }
}

/** The address as the server names it, under the scheme that it was found by: servers behind a proxy often believe that they speak HTTP. */
function atHome(base: string, address: string): string {
  const [home, given] = [new URL(base), new URL(address)]
  if (given.hostname !== home.hostname) {
    throw new ChatonError('remote-failed', `${home.host} sends its visitors to ${given.host} to sign in: no password is taken there`, { next: [`if that is your host too, give its address: ${given.origin}`] })
  }
  return `${home.origin}${given.pathname}${given.search}`
}

/** Waits until the person has agreed. Throws `refused` after twenty minutes, `interrupted` when stopped. A server that is silent for a while is asked again. */
export async function awaitGrant(pending: PendingSignIn, { http, clock, signal }: { readonly http: HttpClient; readonly clock: Clock; readonly signal: AbortSignal }): Promise<Grant> {
  const until = clock.now().getTime() + lifetimeMs
  while (clock.now().getTime() < until) {
    const grant = await poll(pending, http, signal)
    if (grant !== undefined) return grant
    await pause(clock, signal)
  }
  throw new ChatonError('refused', 'nobody agreed to the sign-in within 20 minutes', { next: ['run the same command again, and open the new address'] })
}

async function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(pollEveryMs, signal)
  } catch (error) {
    if (!signal.aborted) throw error
    throw new ChatonError('interrupted', 'the sign-in was stopped', { cause: error })
  }
}

async function poll({ poll }: PendingSignIn, http: HttpClient, signal: AbortSignal): Promise<Grant | undefined> {
  try {
    const body = new URLSearchParams({ token: poll.token }).toString()
    const answer = await http.send(poll.endpoint, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }, body, signal, idleTimeoutMs: 20_000 })
    const granted = Granted.safeParse(parseJson(await textOf(answer)))
    if (answer.status !== 200 || !granted.success) return undefined
    return { loginName: granted.data.loginName, appPassword: registerSecret(granted.data.appPassword) }
  } catch (error) {
    if (error instanceof ChatonError && error.retryable) return undefined
    throw error
  }
}

/** An account that is signed in. */
export interface OpenAccount {
  readonly remote: Remote
  readonly user: User
}

/** Signs in, and asks who that is and what the server can do for them. Throws `remote-failed` with `data.status` 401 for a wrong name or password: never repeat it, servers count. */
export async function openAccount({ http, base, user, password }: { readonly http: HttpClient; readonly base: string; readonly user: string; readonly password: string }): Promise<OpenAccount> {
  const anybody = openRemote({ base, user, password, uid: user, facts: { version: '0.0.0', major: 0, capabilities: {} }, http })
  const own = await callRemoteOcs(anybody, '/cloud/user', { data: User })
  const { version, capabilities } = await callRemoteOcs(anybody, '/cloud/capabilities', { data: Capabilities })
  return { remote: openRemote({ base, user, password, uid: own.id, facts: { version: version.string, major: version.major, capabilities }, http }), user: own }
}

/** The app password in use stops working. Fine if it does already. False for the account's own password, which stays. */
export async function revoke(remote: Remote): Promise<boolean> {
  try {
    await callRemoteOcs(remote, '/core/apppassword', { method: 'DELETE', data: z.unknown() })
    return true
  } catch (error) {
    const status = error instanceof ChatonError ? error.data['status'] : undefined
    if (status === 401) return true
    if (status === 403) return false
    throw error
  }
}
