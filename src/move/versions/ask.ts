import { listVersions, type RemoteVersion } from '../../nextcloud/files/versions.ts'
import type { MoveContext } from '../contract.ts'
import { changed, factsOf, isFolder } from '../files/facts.ts'
import { isMissing } from '../files/trouble.ts'
import type { Item } from '../journal.ts'
import { inParallel } from '../workers.ts'
import { versionFacts, versionKey, withFacts } from './facts.ts'

/**
 * Asks the source for the versions of every file that is new or has changed since it was asked last: a request a file, as servers
 * have no list of all. Their etag moves with each new content.
 */
export async function askForVersions(context: MoveContext): Promise<void> {
  const { journal, source, signal } = context
  let asked = 0
  await inParallel(notAsked(context), source.pace.most, async (file) => {
    signal.throwIfAborted()
    const found = await source.pace.run(async () => await versionsOf(context, file))
    takeDown(context, file, found)
    asked += 1
    const { counts } = journal.tally('versions')
    context.progress({ kind: 'versions', done: counts.moved, total: counts.moved + counts.found, note: `looking for old versions, ${asked} files so far` })
  })
}

function* notAsked({ journal }: MoveContext): Generator<Item> {
  for (const file of journal.walk('files')) {
    const carried = file.state !== 'refused' && file.state !== 'gone'
    if (carried && !isFolder(file) && factsOf(file).versionsOf !== file.sourceMark) yield file
  }
}

/** Gone meanwhile: the next look at the files will tell. */
async function versionsOf({ source }: MoveContext, { sourceId }: Item): Promise<RemoteVersion[]> {
  try {
    return await listVersions(source.remote, sourceId)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

function takeDown({ journal }: MoveContext, file: Item, found: readonly RemoteVersion[]): void {
  journal.together(() => {
    for (const version of found) {
      const key = versionKey(file.sourceId, version.stamp)
      const item = itemFor(file, version, journal.get('versions', key))
      if (item !== undefined) journal.put('versions', item)
    }
    const stamps = new Set(found.map(({ stamp }) => stamp))
    for (const item of journal.bySourceId('versions', file.sourceId)) {
      if (item.state !== 'moved' && item.state !== 'writing' && !stamps.has(versionFacts(item).stamp)) journal.delete('versions', item.key)
    }
    const now = journal.get('files', file.key)
    if (now?.sourceId === file.sourceId) journal.put('files', changed(now, {}, { versionsOf: file.sourceMark }))
  })
}

/** Undefined where there is nothing to carry: the present content without a label, and empty ones, of which servers keep none. Pure. */
export function itemFor(file: Item, { stamp, size, label }: RemoteVersion, known: Item | undefined): Item | undefined {
  const current = stamp === factsOf(file).mtime
  if (current ? label === undefined : size === 0) return undefined
  const facts = { path: file.key, stamp, label, current: current ? (true as const) : undefined }
  if (known !== undefined && known.state !== 'refused') return withFacts(known, {}, { ...facts, labelled: versionFacts(known).label === label ? versionFacts(known).labelled : undefined })
  return withFacts(
    {
      key: versionKey(file.sourceId, stamp),
      state: 'found',
      sourceId: file.sourceId,
      sourceMark: String(stamp),
      destinationKey: undefined,
      destinationId: undefined,
      destinationMark: undefined,
      bytes: current ? 0 : size,
      extra: {},
      reason: undefined,
      next: undefined,
      pass: 1,
    },
    {},
    facts,
  )
}
