import { asChatonError } from '../../kit/errors.ts'
import type { ReceivedShare, Sharing } from '../../nextcloud/sharing/contract.ts'
import { openSharing } from '../../nextcloud/sharing/index.ts'
import { cloudIdOf } from '../cloud-id.ts'
import { changed } from './facts.ts'
import { partsOf } from '../shares/terms.ts'
import { ownedByNew, sharedAgain, sharedByOther } from './own.ts'
import type { FilesRun } from './run.ts'
import { stops } from './trouble.ts'

/** Tells of what others share with the account who they are, and whom to ask. One list for all: a folder's own properties do not tell it for other servers. */
export async function nameOwners(run: FilesRun): Promise<void> {
  const { source, destination } = run.context
  const unnamed = [...run.journal.walk('files', 'refused')].filter(({ reason }) => reason === sharedByOther.reason)
  if (unnamed.length === 0) return
  const sharing = openSharing(source.remote)
  if (!sharing.abilities.on) return
  const received = new Map((await receivedBy(run, sharing)).map((share) => [share.path, share]))
  for (const item of unnamed) {
    const share = received.get(item.key)
    if (share === undefined) continue
    const { owner, cloudId } = share
    if (movesToo(run, cloudId)) {
      run.put(changed(item, { reason: sharedAgain, next: undefined }))
      continue
    }
    if (isNewAccount(run, cloudId)) {
      run.put(changed(item, ownedByNew))
      continue
    }
    run.put(changed(item, { reason: `it was shared with you by ${owner}, to whom it belongs`, next: `ask ${owner} (${cloudId}) to share it with your new account, ${cloudIdOf(destination.remote)}` }))
  }
}

/** The owner is one of those of the same server who move to the same place. */
function movesToo({ context: { source, people } }: FilesRun, cloudId: string): boolean {
  const { user, host } = partsOf(cloudId)
  return people?.has(user) === true && host === partsOf(`x@${source.remote.base}`).host
}

/** The owner is the account that one moves to, on the same server. */
function isNewAccount({ context: { source, destination } }: FilesRun, cloudId: string): boolean {
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
