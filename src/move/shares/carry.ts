import { asChatonError } from '../../kit/errors.ts'
import type { Share } from '../../nextcloud/sharing/contract.ts'
import { stops } from '../files/trouble.ts'
import type { Item } from '../journal.ts'
import { changed, factsOf, newItem } from './items.ts'
import { staysBehind, targetOf, type Left } from './judge.ts'
import { Maker, orRefused } from './make.ts'
import type { SharesRun } from './run.ts'
import { markOf, termsOf } from './terms.ts'

/** Public links first: servers take 20 new shares in 10 minutes, and links are those that strangers wait for. */
const firstTypes: readonly Share['type'][] = ['link', 'mail']

/** Brings the shares at the destination up to date with those of the source. Throws the first failure after all were tried. */
export async function carry(run: SharesRun): Promise<void> {
  const found = (await run.atSource()).toSorted((a, b) => Number(firstTypes.includes(b.type)) - Number(firstTypes.includes(a.type)))
  await run.lookAtDestination()
  const maker = new Maker(run)
  const failures: unknown[] = []
  await withdrawGone(run, new Set(found.map(({ id }) => id)))
  for (const share of found) {
    run.context.signal.throwIfAborted()
    try {
      await one(run, maker, share)
    } catch (error) {
      if (stops(asChatonError(error)) || run.context.signal.aborted) throw error
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}

async function one(run: SharesRun, maker: Maker, share: Share): Promise<void> {
  const known = run.context.journal.get('shares', share.id)
  const left = staysBehind(share, { uid: run.context.source.remote.uid, today: run.today }) ?? notCarried(run, share)
  if (left !== undefined) {
    if (known !== undefined) await withdraw(run, known)
    run.put(changed(newItem(share, run.pass), { state: 'refused', ...left }))
  } else if (known?.state === 'moved' || known?.state === 'there') {
    run.put(await orRefused(known, async () => await upToDate(run, known, share)))
  } else run.put(await orRefused(known ?? newItem(share, run.pass), async () => await anew(run, maker, share, known)))
}

function notCarried(run: SharesRun, { path }: Share): Left | undefined {
  return run.placeOf(path) === undefined ? { reason: 'the file or folder itself was not carried', next: 'see what the report says of the file' } : undefined
}

async function anew(run: SharesRun, maker: Maker, share: Share, known: Item | undefined): Promise<Item> {
  const begun = known?.state === 'writing' ? known : undefined
  const fresh = begun === undefined ? newItem(share, run.pass) : changed(newItem(share, run.pass), { state: 'writing', destinationId: begun.destinationId }, { sign: factsOf(begun).sign })
  if (!run.to.abilities.on) return changed(fresh, { state: 'refused', reason: 'the new host allows no sharing', next: 'ask the new host' })
  const target = targetOf(share, run.sides, await run.known(share))
  if ('reason' in target) return changed(fresh, { state: 'refused', ...target })
  const path = run.placeOf(share.path)
  if (path === undefined) return fresh
  return await maker.make(fresh, share, { ...target, path })
}

/** What a person changed there, or took back, stays so. */
async function upToDate(run: SharesRun, item: Item, share: Share): Promise<Item> {
  const there = run.there.get(item.destinationId ?? '')
  if (there === undefined) return changed(item, { state: 'refused', destinationId: undefined, destinationMark: undefined, reason: 'it was taken back at the new host since it was moved', next: 'share it there again if you want it' })
  const here = changed(item, { sourceMark: markOf(share), pass: run.pass }, { path: share.path })
  if (item.state === 'there' || item.sourceMark === here.sourceMark) return here
  if (markOf(there) !== item.destinationMark) {
    run.context.journal.note('shares', `the share of "${share.path}" was changed on both sides: the new host keeps its own`, run.context.clock.now())
    return here
  }
  const { note, label, ...terms } = termsOf(share)
  // A changed note would be mailed to people.
  const now = await run.context.destination.pace.run(async () => await run.to.change(there.id, share.type === 'link' ? { note, label, ...terms } : terms))
  return changed(here, { destinationMark: markOf(now) })
}

async function withdrawGone(run: SharesRun, found: ReadonlySet<string>): Promise<void> {
  for (const item of run.context.journal.walk('shares')) {
    if (found.has(item.key)) continue
    await withdraw(run, item)
    run.context.journal.delete('shares', item.key)
  }
}

/** Takes back at the destination what this move made, if nobody has changed it since. */
async function withdraw(run: SharesRun, item: Item): Promise<void> {
  const { sign } = factsOf(item)
  const there = run.there.get(item.destinationId ?? '') ?? (sign === undefined ? undefined : [...run.there.values()].find(({ label }) => label === sign))
  const untouched = there !== undefined && (item.state === 'writing' || (item.state === 'moved' && markOf(there) === item.destinationMark))
  if (!untouched) return
  await run.context.destination.pace.run(async () => await run.to.remove(there.id))
  run.there.delete(there.id)
}
