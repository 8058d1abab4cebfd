import { rm } from 'node:fs/promises'
import { ChatonError } from '../kit/errors.ts'
import type { Lock } from '../kit/lock.ts'
import type { MoveContext, Side } from './contract.ts'
import { sideNames, type MoveOptions, type SideName } from './facts.ts'
import { answers } from './answers.ts'
import { isArchiveAddress } from './archive/address.ts'
import { archivedKinds } from './archive/kinds.ts'
import type { Account, Host } from './hosts.ts'
import type { OpenMove } from './moves.ts'
import { Pace } from './pace.ts'
import { chosenKinds } from './plan.ts'
import type { Conduct, MoveServices } from './services.ts'
import { addressOf, signInSide, signOutSide, type SignInWish } from './sign-in.ts'

/** What a person wants moved. */
export interface MoveWish {
  /** An earlier move to go on with. */
  readonly id?: string | undefined
  /** Addresses as typed; both, or none to go on with the only move that is under way. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly signIn: Readonly<Record<SideName, SignInWish>>
  /** Other accounts that move with this one: their new ids by the old ones. */
  readonly people?: ReadonlyMap<string, string> | undefined
  /** Of a new move, or a change for one that goes on. */
  readonly options: Partial<MoveOptions>
}

/** A move that this process works on: its journal, its lock, both accounts. */
export interface Session extends AsyncDisposable {
  readonly move: OpenMove
  /** Made by this call. */
  readonly isNew: boolean
  readonly options: MoveOptions
  readonly accounts: Readonly<Record<SideName, Account>>
  readonly context: MoveContext
}

/** Finds or makes the move, takes its lock, signs in on both sides. A new move that comes no further leaves nothing behind. */
export async function openSession(services: MoveServices, wish: MoveWish, conduct: Conduct): Promise<Session> {
  const found = await findMove(services, wish)
  return await holding(services, found, async () => {
    const { move } = found
    const options = keepOptions(services, move, wish.options)
    const accounts = await signInBoth(services, move, { signIn: wish.signIn, options }, conduct)
    const context = contextOf(services, move, { accounts, manner: options.manner, people: wish.people }, conduct)
    return { ...found, options, accounts, context }
  })
}

/** Holds the lock of a move for as long as its session lasts. Where none comes about, a new move leaves nothing behind. */
export async function holding<T extends object>(services: MoveServices, { move, isNew }: { readonly move: OpenMove; readonly isNew: boolean }, open: () => Promise<T>): Promise<T & AsyncDisposable> {
  let lock: Lock | undefined
  const close = async (): Promise<void> => {
    move[Symbol.dispose]()
    await lock?.release()
  }
  try {
    lock = await services.moves.lock(move.id)
    move.facts.set('pauseAsked', false)
    return { ...(await open()), [Symbol.asyncDispose]: close }
  } catch (error) {
    if (isNew) await undo(services, move)
    await close()
    throw error
  }
}

/** Signs out and removes a move that never began. */
export async function undo(services: MoveServices, move: OpenMove): Promise<void> {
  for (const side of sideNames) await signOutSide(services, move, side)
  await services.secrets.deleteAll(`move/${move.id}/`)
  await rm(move.directory, { recursive: true, force: true })
}

async function findMove(services: MoveServices, { id, from, to, options: { allowPlainHttp = false } }: MoveWish): Promise<{ move: OpenMove; isNew: boolean }> {
  const { moves, hosts, clock } = services
  if (from === undefined && to === undefined) return { move: refuseExport(await moves.openUnfinished(id)), isNew: false }
  if (id !== undefined || from === undefined || to === undefined) {
    throw new ChatonError('bad-input', 'a move has two addresses', { next: ['give both: --from <old address> --to <new address>', 'or neither, to go on with the move that is under way'] })
  }
  if (isArchiveAddress(to)) throw new ChatonError('bad-input', 'an archive is not moved into', { next: ['make one with: chaton move export --from <address>'] })
  const [source, destination] = await Promise.all([hosts.find(from, { allowPlainHttp }), hosts.find(to, { allowPlainHttp })])
  for (const earlier of await moves.unfinished()) {
    const move = await moves.open(earlier)
    if (addressOf(move.facts, 'source') === source.address && addressOf(move.facts, 'destination') === destination.address) return { move, isNew: false }
    move[Symbol.dispose]()
  }
  const move = await moves.create(clock)
  move.facts.set('sourceAddress', source.address)
  move.facts.set('destinationAddress', destination.address)
  return { move, isNew: true }
}

function refuseExport(move: OpenMove): OpenMove {
  if (!isArchiveAddress(addressOf(move.facts, 'destination'))) return move
  move[Symbol.dispose]()
  throw new ChatonError('bad-input', `${move.id} is an export into an archive, not a move`, { next: [`chaton move export ${move.id} goes on with it`, `chaton move abort ${move.id} gives it up`] })
}

function keepOptions({ kinds }: MoveServices, { facts }: OpenMove, wished: Partial<MoveOptions>): MoveOptions {
  const fromArchive = isArchiveAddress(addressOf(facts, 'source'))
  const available = kinds.map(({ name }) => name).filter((name) => !fromArchive || archivedKinds.some((one) => one === name))
  const before = facts.get('options') ?? { kinds: chosenKinds({}), manner: 'polite' as const, allowPlainHttp: false }
  const wish = { ...before, ...wished }
  const options = { ...wish, kinds: wish.kinds.filter((name) => available.includes(name)) }
  facts.set('options', options)
  facts.set('available', available)
  return options
}

async function signInBoth(services: MoveServices, move: OpenMove, { signIn, options }: Pick<Session, 'options'> & Pick<MoveWish, 'signIn'>, conduct: Conduct): Promise<Record<SideName, Account>> {
  conduct.report({ event: 'stage', stage: 'sign-in' })
  const open = async (side: SideName): Promise<Account> => {
    const host: Host = await services.hosts.find(addressOf(move.facts, side) ?? '', options)
    return await signInSide(services, move, { side, host, wish: signIn[side] }, conduct)
  }
  const source = await open('source')
  const destination = await open('destination')
  if (source.identity !== destination.identity) return { source, destination }
  throw new ChatonError('bad-input', `both sign-ins lead to the same account: "${source.remote.uid}" at ${source.remote.base}`, {
    next: ['give another address for one of the two, or sign in with another account'],
  })
}

const insteadOf = ({ instead }: Account): Pick<Side, 'instead'> => (instead === undefined ? {} : { instead })

interface Sides {
  readonly accounts: Readonly<Record<SideName, Account>>
  readonly manner: MoveOptions['manner']
  readonly people: MoveWish['people']
}

/** Two accounts of one server share one pace: its patience is one. */
function contextOf({ clock, logger }: MoveServices, move: OpenMove, { accounts, manner, people }: Sides, { report, signal }: Conduct): MoveContext {
  const pace = (side: SideName): Pace =>
    new Pace({
      clock,
      manner,
      signal,
      answers: async () => await answers(accounts[side].files),
      onWait: (reason, milliseconds) => {
        report({ event: 'wait', side, reason, milliseconds })
        move.journal.note('move', `${accounts[side].remote.base}: ${reason}`, clock.now())
      },
    })
  const one = pace('source')
  const other = accounts.source.remote.base === accounts.destination.remote.base ? one : pace('destination')
  const side = (name: SideName, pace: Pace): Side => ({ remote: accounts[name].remote, files: accounts[name].files, pace, ...insteadOf(accounts[name]) })
  return {
    source: side('source', one),
    destination: side('destination', other),
    journal: move.journal,
    clock,
    logger,
    signal,
    ...(people === undefined ? {} : { people }),
    progress: (event) => report({ event: 'progress', ...event }),
  }
}
