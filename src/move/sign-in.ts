import { ChatonError } from '../kit/errors.ts'
import type { MoveFacts, SideFacts, SideName } from './facts.ts'
import type { Account, Host, SignIn } from './hosts.ts'
import type { OpenMove } from './moves.ts'
import type { Conduct, MoveServices } from './services.ts'

/**
 * How a side is to be signed in where the move has no sign-in of its own yet: Login Flow v2; an app password of the person; or one
 * that is made for this move (`made`), and revoked at its end. Asked for, or made, only then.
 */
export type SignInWish = { readonly by: 'login-flow' } | { readonly by: 'app-password' | 'made'; readonly name: string; readonly password: () => Promise<string> }

export const secretFolder = (id: string, side: SideName): string => `move/${id}/${side}/`
const passwordName = (id: string, side: SideName): string => `${secretFolder(id, side)}app-password`

const signInFact = { source: 'sourceSignIn', destination: 'destinationSignIn' } as const

const nobody: SignIn = { name: '', password: '' }

export interface SideQuestion {
  readonly side: SideName
  readonly host: Host
  readonly wish: SignInWish
}

/**
 * The account of one side: with the sign-in that the move has, or a new one where it has none, or that no longer works.
 * Throws `bad-input` where a new sign-in is that of another account than before.
 */
export async function signInSide(services: MoveServices, move: OpenMove, question: SideQuestion, conduct: Conduct): Promise<Account> {
  const { side, host, wish } = question
  const account = host.isArchive === true ? await services.hosts.open(host, nobody) : ((await withKept(services, move, question)) ?? (await withNew(services, move, question, conduct)))
  const facts = sideFacts(host, account)
  const before = move.facts.get(side)
  if (before !== undefined && before.account !== facts.account) {
    if (wish.by !== 'app-password') await account.signOut()
    await forget(services, move, side)
    throw new ChatonError('bad-input', `this move is of the account "${before.account}" at ${host.address}; "${facts.account}" has signed in`, {
      next: [`run the same command again and sign in as ${before.account}`, 'or start another move: chaton move'],
    })
  }
  move.facts.set(side, facts)
  conduct.report({ event: 'signed-in', side, address: host.address, account: facts.account })
  return account
}

function sideFacts({ address }: Host, { remote, displayName }: Account): SideFacts {
  return { address, account: remote.uid, version: remote.facts.version, ...(displayName === undefined ? {} : { displayName }) }
}

/** With the sign-in that the move has; undefined where it has none, or it no longer works. */
export async function withKept({ hosts, secrets }: MoveServices, move: OpenMove, { side, host }: { readonly side: SideName; readonly host: Pick<Host, 'address'> }): Promise<Account | undefined> {
  const kept = move.facts.get(signInFact[side])
  const password = await secrets.get(passwordName(move.id, side))
  if (kept === undefined || kept === null || password === undefined) return undefined
  try {
    return await hosts.open(host, { name: kept.name, password })
  } catch (error) {
    if (isSignInRefused(error)) return undefined
    throw error
  }
}

async function withNew(services: MoveServices, move: OpenMove, { side, host, wish }: SideQuestion, { report, signal }: Conduct): Promise<Account> {
  const { hosts, secrets } = services
  const signIn = wish.by === 'login-flow' ? await byLoginFlow() : { password: await wish.password(), name: wish.name }
  move.facts.set(signInFact[side], { name: signIn.name, by: wish.by === 'app-password' ? 'app-password' : 'login-flow' })
  if (wish.by === 'app-password') move.facts.set('ownAppPasswords', true)
  await secrets.set(passwordName(move.id, side), signIn.password)
  try {
    return await hosts.open(host, signIn)
  } catch (error) {
    // A sign-in that may work is kept: for the next run, or to be revoked.
    if (!isSignInRefused(error)) throw error
    await forget(services, move, side)
    throw new ChatonError('bad-input', `${host.address} refuses "${signIn.name}": the name or the app password is wrong, or the account is disabled`, {
      next: ['make an app password in the account: Personal settings, Security', 'or leave the name out and sign in with the browser', 'a disabled account is switched on by its host'],
      data: { status: 401 },
      cause: error,
    })
  }

  async function byLoginFlow(): Promise<SignIn> {
    const pending = await hosts.beginSignIn(host)
    report({ event: 'sign-in', side, address: host.address, login: pending.login })
    return await pending.granted(signal)
  }
}

async function forget({ secrets }: MoveServices, move: OpenMove, side: SideName): Promise<void> {
  await secrets.deleteAll(secretFolder(move.id, side))
  move.facts.set(signInFact[side], null)
}

export const isSignInRefused = (error: unknown): boolean => error instanceof ChatonError && error.data['status'] === 401

/** `revoked`: the app password of this move works no more. `own`: it is the person's, who may delete it. `none`: there was none. */
export type SignedOut = 'revoked' | 'own' | 'none' | 'failed'

/** Ends the sign-in of one side and forgets its secret; where the host does not answer, both stay, so that it can be tried again. */
export async function signOutSide(services: MoveServices, move: OpenMove, side: SideName): Promise<SignedOut> {
  const { hosts, secrets, logger } = services
  const kept = move.facts.get(signInFact[side])
  const password = await secrets.get(passwordName(move.id, side))
  const address = addressOf(move.facts, side)
  if (kept === undefined || kept === null || password === undefined || address === undefined) return 'none'
  if (kept.by === 'app-password') {
    await forget(services, move, side)
    return 'own'
  }
  try {
    await (await hosts.open({ address }, { name: kept.name, password })).signOut()
  } catch (error) {
    if (!isSignInRefused(error)) {
      logger.warn({ side, err: error }, 'an app password of the move could not be revoked')
      return 'failed'
    }
  }
  await forget(services, move, side)
  return 'revoked'
}

export function addressOf(facts: MoveFacts, side: SideName): string | undefined {
  return facts.get(side === 'source' ? 'sourceAddress' : 'destinationAddress')
}
