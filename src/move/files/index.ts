import { asChatonError, ChatonError } from '../../kit/errors.ts'
import { formatSize } from '../../kit/bytes.ts'
import { preferSmallHeap } from '../../kit/memory.ts'
import type { Kind, MoveContext } from '../contract.ts'
import { bringBackPresent } from '../versions/present.ts'
import { apply } from './apply.ts'
import { nameOwners } from './owners.ts'
import { recover } from './recover.ts'
import { followRenames } from './renames.ts'
import { FilesRun } from './run.ts'
import { scan } from './scan.ts'
import { allowShrink, checkDestination, checkSource } from './shrink.ts'
import { inventoryOf, tallyOf } from './tally.ts'
import { setFolderTimes } from './times.ts'
import { verify } from './verify.ts'
import { withdraw } from './withdraw.ts'

/** Files and folders, with their contents and times. */
export const files: Kind = {
  name: 'files',
  async inventory(context) {
    const run = begin(context)
    await stopped(run, async () => {
      await recover(run)
      await scan(run)
      await nameOwners(run)
    })
    return inventoryOf(context.journal)
  },
  async run(context) {
    const run = begin(context)
    await stopped(run, async () => await carry(run))
    return tallyOf(context.journal)
  },
  verify: async (context) => await verify(context),
}

/** A pass: the first carries all, the later ones what changed. */
function begin(context: MoveContext): FilesRun {
  const pass = context.journal.nextPass('files')
  return new FilesRun(context, pass)
}

async function carry(run: FilesRun): Promise<void> {
  preferSmallHeap()
  await bringBackPresent(run.context)
  await recover(run)
  await checkDestination(run)
  await scan(run)
  checkSource(run)
  await nameOwners(run)
  await followRenames(run)
  await withdraw(run)
  run.journal.setFact(allowShrink, '')
  run.recount()
  await apply(run)
  await setFolderTimes(run)
  run.journal.setFact('files.finished', String(Math.ceil(run.context.clock.now().getTime() / 1000)))
}

/** Failures that end the run, in words that say how far it came. */
async function stopped(run: FilesRun, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (thrown) {
    if (run.context.signal.aborted) throw new ChatonError('interrupted', 'the move was stopped; what has arrived stays', { next: ['run the same command again to go on'], cause: thrown })
    const error = asChatonError(thrown)
    throw error.code === 'no-room' ? await withNumbers(run, error) : thrown
  }
}

async function withNumbers({ context }: FilesRun, cause: ChatonError): Promise<ChatonError> {
  const { movedBytes, totalBytes } = context.journal.tally('files')
  const free = await context.destination.files.freeBytes().catch(() => undefined)
  const left = totalBytes - movedBytes
  return new ChatonError(
    'no-room',
    `the destination is full: ${formatSize(movedBytes)} of ${formatSize(totalBytes)} have arrived and stay, ${formatSize(left)} are left${free === undefined ? '' : `, ${formatSize(free)} are free`}`,
    {
      next: ['ask the new host for more room, or delete something at the old one or empty the trash at the new one, then run the same command again'],
      data: { movedBytes, totalBytes, leftBytes: left, ...(free === undefined ? {} : { freeBytes: free }) },
      cause,
    },
  )
}

