import { join } from 'node:path'
import { ChatonError } from '../../../kit/errors.ts'
import type { RemoteFiles } from '../../../nextcloud/files/contract.ts'
import type { MoveContext, Side } from '../../contract.ts'
import type { MoveOptions } from '../../facts.ts'
import type { Account } from '../../hosts.ts'
import type { KindName } from '../../kinds.ts'
import type { OpenMove } from '../../moves.ts'
import { Pace } from '../../pace.ts'
import { holding } from '../../prepare.ts'
import type { Conduct, MoveServices } from '../../services.ts'
import { addressOf, signInSide, type SignInWish } from '../../sign-in.ts'
import { addressOfArchive, isArchiveAddress, pathOfArchive } from '../address.ts'
import { archiveEnding } from '../layout.ts'
import { archivedKinds, type ArchivedKind } from '../kinds.ts'
import { refuseTaken } from './writing.ts'

export interface ExportWish {
  /** An earlier export to go on with. */
  readonly id?: string | undefined
  /** Address as typed; without one, the only export that is under way goes on. */
  readonly from?: string | undefined
  /** Path of the archive; without one, a name of account and day in `folder`. */
  readonly output?: string | undefined
  readonly folder: string
  readonly signIn: SignInWish
  /** Those of {@link archivedKinds} that are wanted; all without it. An export that goes on keeps to what it began with. */
  readonly kinds?: readonly KindName[] | undefined
  readonly manner: MoveOptions['manner'] | undefined
  readonly allowPlainHttp: boolean
}

/** An export that this process works on. */
export interface ExportSession extends AsyncDisposable {
  readonly move: OpenMove
  readonly isNew: boolean
  readonly kinds: readonly ArchivedKind[]
  /** Of the archive when it is done. */
  readonly path: string
  readonly account: Account
  readonly context: MoveContext
}

/** Finds or makes the export, takes its lock, signs in. A new one that comes no further leaves nothing behind. */
export async function openExport(services: MoveServices, wish: ExportWish, conduct: Conduct): Promise<ExportSession> {
  const found = await findExport(services, wish)
  return await holding(services, found, async () => {
    const { move } = found
    const host = await services.hosts.find(addressOf(move.facts, 'source') ?? '', wish)
    const manner = wish.manner ?? move.facts.get('options')?.manner ?? 'polite'
    const kinds = archivedKinds.filter((name) => (move.facts.get('options')?.kinds ?? wish.kinds ?? archivedKinds).includes(name))
    move.facts.set('options', { kinds, manner, allowPlainHttp: wish.allowPlainHttp })
    conduct.report({ event: 'stage', stage: 'sign-in' })
    const account = await signInSide(services, move, { side: 'source', host, wish: wish.signIn }, conduct)
    const path = await placeFor(services, move, wish, account)
    return { ...found, kinds, path, account, context: contextOf(services, { move, account, manner }, conduct) }
  })
}

async function findExport({ moves, hosts, clock }: MoveServices, { id, from, output, allowPlainHttp }: ExportWish): Promise<{ move: OpenMove; isNew: boolean }> {
  const address = from === undefined ? undefined : (await hosts.find(from, { allowPlainHttp })).address
  if (isArchiveAddress(address)) throw new ChatonError('bad-input', 'an archive is no account to export', { next: ['give the address of a Nextcloud: --from <address>'] })
  const fits = ({ facts }: OpenMove): boolean => {
    const target = addressOf(facts, 'destination')
    return isArchiveAddress(target) && (address === undefined || addressOf(facts, 'source') === address) && (output === undefined || addressOfArchive(output) === target)
  }
  for (const one of id === undefined ? (await moves.unfinished()).toReversed() : [id]) {
    const move = await moves.open(one)
    if (fits(move)) return { move, isNew: false }
    move[Symbol.dispose]()
  }
  if (id !== undefined) throw new ChatonError('not-found', `"${id}" is not such an export`, { next: ['chaton move status lists all moves and exports'] })
  if (address === undefined) throw new ChatonError('bad-input', 'no export is under way, and no address is given', { next: ['give the address of the Nextcloud: --from <address>'] })
  const move = await moves.create(clock)
  move.facts.set('sourceAddress', address)
  return { move, isNew: true }
}

async function placeFor({ clock }: MoveServices, { facts }: OpenMove, { output, folder }: ExportWish, { remote }: Account): Promise<string> {
  const known = addressOf(facts, 'destination')
  const name = `${remote.uid.replaceAll(/[^\w.@-]+/g, '-')}_${clock.now().toISOString().slice(0, 10)}${archiveEnding}`
  const path = isArchiveAddress(known) ? pathOfArchive(known) : (output ?? join(folder, name))
  if (facts.get('destination') === undefined) await refuseTaken(path)
  facts.set('destinationAddress', addressOfArchive(path))
  facts.set('destination', { address: addressOfArchive(path), account: remote.uid, version: remote.facts.version })
  return path
}

interface Parts {
  readonly move: OpenMove
  readonly account: Account
  readonly manner: MoveOptions['manner']
}

/** The files of the account are listed as for a move; the other side is one that takes every name and is never asked for anything else. */
function contextOf({ clock, logger }: MoveServices, { move, account, manner }: Parts, { report, signal }: Conduct): MoveContext {
  const pace = new Pace({
    clock,
    manner,
    signal,
    onWait: (reason, milliseconds) => {
      report({ event: 'wait', side: 'source', reason, milliseconds })
      move.journal.note('move', `${account.remote.base}: ${reason}`, clock.now())
    },
  })
  const source: Side = { remote: account.remote, files: account.files, pace }
  return {
    source,
    destination: { ...source, files: everyName(account.files) },
    journal: move.journal,
    clock,
    logger,
    signal,
    progress: (event) => report({ event: 'progress', ...event }),
  }
}

const everyName = (files: RemoteFiles): RemoteFiles => ({ ...files, abilities: { ...files.abilities, refusesName: () => undefined } })
