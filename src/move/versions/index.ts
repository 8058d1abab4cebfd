import { asChatonError } from '../../kit/errors.ts'
import { keepsVersions, labelVersion, listVersions } from '../../nextcloud/files/versions.ts'
import type { Kind, KindInventory, KindTally, KindVerdict, MoveContext } from '../contract.ts'
import { FilesRun } from '../files/run.ts'
import { setFolderTimes } from '../files/times.ts'
import { isMissing } from '../files/trouble.ts'
import type { Item, MoveJournal } from '../journal.ts'
import type { Refusal } from '../kinds.ts'
import { inParallel } from '../workers.ts'
import { askForVersions } from './ask.ts'
import { fileOf, versionFacts, versionName, withFacts } from './facts.ts'
import { bringBackPresent } from './present.ts'
import { replay } from './replay.ts'

/**
 * Old contents of files, by writing them again: a server keeps what is overwritten as a version, under its time of modification.
 * After the files themselves.
 */
export const versions: Kind = {
  name: 'versions',
  inventory: async (context) => await inventory(context),
  run: async (context) => await carry(context),
  verify: async (context) => await verify(context),
}

async function inventory(context: MoveContext): Promise<KindInventory> {
  if (!keepsVersions(context.source.remote)) return { count: 0, left: [] }
  if (!keepsVersions(context.destination.remote)) return { count: 0, left: [none] }
  await askForVersions(context)
  const { counts, totalBytes } = context.journal.tally('versions')
  const left = refusalsOf(context.journal)
  const asked = countOf(context.journal.walk('files'), ({ extra }) => extra['versionsOf'] !== undefined)
  const files = countOf(byFile(context.journal), () => true)
  return { count: counts.found + counts.writing + counts.moved + counts.there, bytes: totalBytes, left, requests: asked + files * requestsPerFile + counts.found * requestsPerVersion }
}

function countOf<T>(items: Iterable<T>, counts: (item: T) => boolean): number {
  let count = 0
  for (const item of items) if (counts(item)) count += 1
  return count
}

/** Those still to be written, file by file: keys begin with the file's id. */
function* byFile(journal: MoveJournal): Generator<readonly Item[]> {
  let items: Item[] = []
  for (const item of journal.walk('versions', 'found')) {
    if (versionFacts(item).current === true) continue
    if (items[0] !== undefined && items[0].sourceId !== item.sourceId) {
      yield items
      items = []
    }
    items.push(item)
  }
  if (items.length > 0) yield items
}

/** List, look, bring back, look again at the destination. */
const requestsPerFile = 4
/** One out, one in. */
const requestsPerVersion = 2

const none: Refusal = {
  what: 'Old versions of files',
  reason: 'the new host keeps no old versions of files',
  next: 'ask the new host to switch on the app "Versions" (files_versions), then run the move again',
}

async function carry(context: MoveContext): Promise<KindTally> {
  const { journal, source, destination } = context
  if (!keepsVersions(source.remote)) return { moved: 0, alreadyThere: 0, refused: [] }
  if (!keepsVersions(destination.remote)) return { moved: 0, alreadyThere: 0, refused: [none] }
  await bringBackPresent(context)
  await askForVersions(context)
  retryRefused(journal)
  const run = new FilesRun(context, Number(journal.fact('files.pass') ?? 0))
  await inParallel(byFile(journal), destination.pace.most, async (items) => {
    run.check()
    await replay(run, items[0]?.sourceId ?? '', items)
    const { counts } = journal.tally('versions')
    context.progress({ kind: 'versions', done: counts.moved + counts.there, total: counts.found + counts.writing + counts.moved + counts.there + counts.refused })
  })
  await setLabels(context)
  await setFolderTimes(run)
  const { counts, movedBytes } = journal.tally('versions')
  return { moved: counts.moved, alreadyThere: counts.there, refused: refusalsOf(journal), bytes: movedBytes }
}

/** What held them up may have passed; where it has not, they are refused again. */
function retryRefused(journal: MoveJournal): void {
  for (const item of journal.walk('versions', 'refused')) journal.put('versions', withFacts(item, { state: 'found', reason: undefined, next: undefined }))
}

const refusalsOf = (journal: MoveJournal): Refusal[] =>
  [...journal.walk('versions', 'refused')].map((item) => ({ what: versionName(item), reason: item.reason ?? '', ...(item.next === undefined ? {} : { next: item.next }) }))

/** Names that people gave to versions, also to the present one. What a server does not take is told, and no reason to stop. */
async function setLabels(context: MoveContext): Promise<void> {
  const { journal, destination, signal } = context
  for (const item of journal.walk('versions')) {
    const { label, labelled, current, stamp } = versionFacts(item)
    const fileId = item.destinationId ?? fileOf(journal, item.sourceId)?.destinationId
    const ready = item.state === 'moved' || (item.state === 'found' && current === true && fileOf(journal, item.sourceId)?.state === 'moved')
    if (label === undefined || labelled === true || fileId === undefined || !ready) continue
    signal.throwIfAborted()
    await destination.pace
      .run(async () => await labelVersion(destination.remote, { fileId, stamp, label }))
      .then(
        () => journal.put('versions', withFacts(item, { state: 'moved', destinationId: fileId }, { labelled: true })),
        (error: unknown) => refuseLabel(context, item, error),
      )
  }
}

function refuseLabel({ journal, clock, signal }: MoveContext, item: Item, error: unknown): void {
  signal.throwIfAborted()
  const { label = '' } = versionFacts(item)
  const said = asChatonError(error).message
  journal.note('versions', `${versionName(item)}: its name "${label}" was not taken: ${said}`, clock.now())
  if (item.state === 'found') journal.put('versions', withFacts(item, { state: 'refused', reason: `its name was not taken: ${said}`, next: 'give the version its name again at the new place' }))
}

async function verify({ journal, destination }: MoveContext): Promise<KindVerdict> {
  const items = [...journal.walk('versions', 'moved')]
  const differing: Refusal[] = []
  await inParallel(Map.groupBy(items, ({ destinationId }) => destinationId ?? ''), destination.pace.most, async ([fileId, own]) => {
    const there = await destination.pace.run(async () => await listVersions(destination.remote, fileId)).catch(noneIfMissing)
    for (const item of own) {
      const found = there.find(({ stamp }) => stamp === versionFacts(item).stamp)
      const right = found !== undefined && (versionFacts(item).current === true || found.size === item.bytes)
      if (!right) differing.push({ what: versionName(item), reason: 'this version is not at the destination any more: servers thin out old versions', next: 'fetch the old version that you still need from the old account' })
    }
  })
  return { checked: items.length, differing }
}

function noneIfMissing(error: unknown): [] {
  if (isMissing(error)) return []
  throw error
}
