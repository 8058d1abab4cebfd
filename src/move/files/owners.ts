import { asChatonError } from '../../kit/errors.ts'
import type { ReceivedShare, Sharing } from '../../nextcloud/sharing/contract.ts'
import { openSharing } from '../../nextcloud/sharing/index.ts'
import type { Remote } from '../../nextcloud/remote.ts'
import { cloudIdOf } from '../cloud-id.ts'
import type { MoveContext } from '../contract.ts'
import { changed } from './facts.ts'
import { partsOf } from '../shares/terms.ts'
import { ownedByNew, sharedAgain, sharedByOther } from './own.ts'
import type { FilesRun } from './run.ts'
import { stops } from './trouble.ts'

/** Tells of what others share with the account who they are, and whom to ask. One list for all: a folder's own properties do not tell it for other servers. */
export async function nameOwners(run: FilesRun): Promise<void> {
  const { source } = run.context
  const unnamed = [...run.journal.walk('files', 'refused')].filter(({ reason }) => reason === sharedByOther.reason)
  if (unnamed.length === 0) return
  const sharing = openSharing(source.remote)
  if (!sharing.abilities.on) return
  const received = new Map((await receivedBy(run, sharing)).map((share) => [share.path, share]))
  for (const item of unnamed) {
    const share = received.get(item.key)
    if (share === undefined) continue
    run.put(changed(item, reasonFor(share, run.context)))
  }
}

/** What is said of something that belongs to this owner. Pure. */
export function reasonFor({ owner, cloudId }: Pick<ReceivedShare, 'owner' | 'cloudId'>, context: Owners): { readonly reason: string; readonly next: string | undefined } {
  if (movesToo(context, cloudId)) return { reason: sharedAgain, next: undefined }
  if (isNewAccount(context, cloudId)) return ownedByNew
  return { reason: `it was shared with you by ${owner}, to whom it belongs`, next: `ask ${owner} (${cloudId}) to share it with your new account, ${cloudIdOf(context.destination.remote)}` }
}

interface Owners {
  readonly source: { readonly remote: Pick<Remote, 'base'> }
  readonly destination: { readonly remote: Pick<Remote, 'base' | 'uid'> }
  readonly people?: MoveContext['people']
}

/** The owner is one of those of the same server who move to the same place. */
function movesToo({ source, people }: Owners, cloudId: string): boolean {
  const { user, host } = partsOf(cloudId)
  return people?.has(user) === true && host === partsOf(`x@${source.remote.base}`).host
}

/** The owner is the account that one moves to, on the same server. */
function isNewAccount({ source, destination }: Owners, cloudId: string): boolean {
  const { user, host } = partsOf(cloudId)
  return user === destination.remote.uid && host === partsOf(`x@${destination.remote.base}`).host && host === partsOf(`x@${source.remote.base}`).host
}

/** Names are a help, no need: without them the files move all the same. */
async function receivedBy(run: FilesRun, sharing: Sharing): Promise<ReceivedShare[]> {
  try {
    return (await run.context.source.pace.run(async () => await sharing.received())).filter(({ waiting }) => !waiting)
  } catch (error) {
    const known = asChatonError(error)
    if (stops(known)) throw error
    run.note(`who shares what with the account could not be read: ${known.message}`)
    return []
  }
}
