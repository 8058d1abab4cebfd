import type { Kind, KindInventory, KindTally, KindVerdict, MoveContext } from '../contract.ts'
import type { Refusal } from '../kinds.ts'
import { cloudIdOf } from '../cloud-id.ts'
import { carry } from './carry.ts'
import { factsOf, linksIn, refusalsIn } from './items.ts'
import { staysBehind } from './judge.ts'
import { SharesRun } from './run.ts'
import { differenceBetween } from './terms.ts'

/** What the person shares with others, after the files have been carried. Nobody gets a mail. */
export const shares: Kind = {
  name: 'shares',
  inventory,
  async run(context) {
    const pass = context.journal.nextPass('shares')
    await carry(new SharesRun(context, pass))
    return tallyOf(context)
  },
  verify,
}

async function inventory(context: MoveContext): Promise<KindInventory> {
  const run = new SharesRun(context, 0)
  const found = (await run.atSource()).map((share) => ({ share, left: staysBehind(share, { uid: context.source.remote.uid, today: run.today }) }))
  const left = found.flatMap(({ share, left: why }) => (why === undefined ? [] : [{ what: share.path, ...why }]))
  return { count: found.length - left.length, left: [...left, ...(await waiting(run))] }
}

/** Shares of others that the person has not answered: they are no files yet. */
async function waiting({ from, context }: SharesRun): Promise<Refusal[]> {
  if (!from.abilities.on) return []
  const received = await context.source.pace.run(async () => await from.received())
  return received
    .filter(({ waiting: unanswered }) => unanswered)
    .map(({ path, owner, cloudId }) => ({ what: path, reason: `${owner} shares it with you, and waits for your answer`, next: `ask ${owner} (${cloudId}) to share it with your new account, ${cloudIdOf(context.destination.remote)}` }))
}

function tallyOf({ journal }: MoveContext): KindTally {
  const { counts } = journal.tally('shares')
  return { moved: counts.moved, alreadyThere: counts.there, refused: refusalsIn(journal), links: linksIn(journal) }
}

async function verify(context: MoveContext): Promise<KindVerdict> {
  const run = new SharesRun(context, 0)
  const found = await run.atSource()
  await run.lookAtDestination()
  const differing = found.flatMap((share): Refusal[] => {
    const item = context.journal.get('shares', share.id)
    if (item?.state === 'refused') return []
    const next = 'run the move again'
    if (item === undefined || item.state === 'found' || item.state === 'writing') return [{ what: share.path, reason: 'it is at the source and was not carried yet', next }]
    const there = run.there.get(item.destinationId ?? '')
    if (there === undefined) return [{ what: share.path, reason: 'it was taken back at the new host since it was moved', next: 'share it there again if you want it' }]
    const reason = differenceBetween({ ...share, type: there.type }, there)
    return reason === undefined ? [] : [{ what: factsOf(item).path, reason, next: 'change it there as you want it' }]
  })
  return { checked: found.length, differing }
}
