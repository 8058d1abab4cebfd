import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { formatSize } from '../../../kit/bytes.ts'
import { ChatonError } from '../../../kit/errors.ts'
import { exists } from '../../../kit/files.ts'
import { preferSmallHeap } from '../../../kit/memory.ts'
import { factsOf } from '../../files/facts.ts'
import { FilesRun } from '../../files/run.ts'
import { inventoryOf, refusalsIn } from '../../files/tally.ts'
import type { KindName, Refusal } from '../../kinds.ts'
import { notCarried } from '../../not-carried.ts'
import { watchForPause } from '../../pause.ts'
import { undo } from '../../prepare.ts'
import type { Conduct, MoveServices } from '../../services.ts'
import { signOutSide, type SignedOut } from '../../sign-in.ts'
import type { ArchivedKind } from '../kinds.ts'
import { entryNames, migratorVersions } from '../layout.ts'
import { manifestLines } from '../manifest.ts'
import { forgetWritten, lookAtFiles, writeFiles, writtenFiles } from './files.ts'
import { lookAtShelves, writeAddressBooks, writeCalendars } from './groupware.ts'
import { writeComments, writeFavourites, writeTags } from './marks.ts'
import { writeAccount } from './profile.ts'
import { openExport, type ExportSession, type ExportWish } from './session.ts'
import { ArchiveFile, partOf, takeName } from './writing.ts'

export interface ExportedKind {
  readonly name: KindName
  readonly count: number
  readonly bytes?: number
}

export type LeftOut = Refusal & { readonly kind: string }

export interface ExportPlan {
  readonly move: string
  readonly file: string
  readonly source: { readonly address: string; readonly account: string; readonly version: string }
  readonly kinds: readonly ExportedKind[]
  /** Known beforehand not to come along. */
  readonly left: readonly LeftOut[]
}

export interface ExportResult extends ExportPlan {
  /** Length of the archive. */
  readonly bytes: number
  /** Everything that could be written is in it: no file failed. */
  readonly whole: boolean
  readonly signedOut: SignedOut
}

/** Looks at the account and says what an export would hold; leaves nothing of an export that it had to make for this. */
export async function tryExport(services: MoveServices, wish: ExportWish, conduct: Conduct): Promise<ExportPlan> {
  await using session = await openExport(services, wish, conduct)
  try {
    const run = begin(session)
    conduct.report({ event: 'stage', stage: 'inventory' })
    if (session.kinds.includes('files')) await lookAtFiles(run)
    const { calendars, books } = await lookAtShelves(session.context)
    const { count, bytes = 0, left } = inventoryOf(session.move.journal)
    const kinds: readonly ExportedKind[] = [{ name: 'files', count, bytes }, { name: 'calendars', count: calendars }, { name: 'contacts', count: books }]
    return { ...aboutOf(session), kinds: kinds.filter(({ name }) => session.kinds.some((kind) => kind === name)), left: await leftIn(session, [['files', left]]) }
  } finally {
    if (session.isNew) await undo(services, session.move)
  }
}

/** Makes the archive, or goes on with it where an earlier run was stopped; then signs out. */
export async function exportAccount(services: MoveServices, wish: ExportWish, conduct: Conduct): Promise<ExportResult> {
  using stopper = watchForPause(services.clock, conduct.signal)
  const stoppable = { ...conduct, signal: stopper.signal }
  await using session = await openExport(services, wish, stoppable)
  stopper.watch(session.move.facts)
  try {
    const written = (await writtenBefore(session)) ?? (await write(session, stoppable, services))
    await takeName(session.path)
    conduct.report({ event: 'stage', stage: 'sign-out' })
    const signedOut = await signOutSide(services, session.move, 'source')
    session.move.facts.set('finishedAt', services.clock.now().toISOString())
    session.move.facts.set('phase', 'done')
    return { ...written, signedOut }
  } catch (error) {
    throw explained(error, session)
  }
}

const resultFact = 'archive.result'

type Written = Omit<ExportResult, 'signedOut'>

/** What an earlier run has written to its end, where that is still there. */
async function writtenBefore({ move, path }: ExportSession): Promise<Written | undefined> {
  const result = move.journal.fact(resultFact) ?? ''
  if (result === '') return undefined
  if ((await exists(path)) || (await exists(partOf(path)))) return JSON.parse(result) as Written
  move.journal.setFact(resultFact, '')
  return undefined
}

function explained(error: unknown, { move, path }: ExportSession): unknown {
  if (!(error instanceof ChatonError) || error.code === 'no-room') return error
  const again = `chaton move export ${move.id} goes on from here`
  const { code, message, next, data, actor, retryable } = error
  if (code === 'interrupted') return new ChatonError('interrupted', 'the export was stopped; what has been written stays', { next: [again, `chaton move abort ${move.id} gives it up; then delete "${partOf(path)}"`], cause: error })
  return new ChatonError(code, message, { actor, retryable, next: [...next, again], data, cause: error })
}

function begin({ context }: ExportSession): FilesRun {
  const pass = context.journal.nextPass('files')
  return new FilesRun(context, pass)
}

const aboutOf = ({ move, path, account: { remote } }: ExportSession): Pick<ExportPlan, 'move' | 'file' | 'source'> => ({
  move: move.id,
  file: path,
  source: { address: remote.base, account: remote.uid, version: remote.facts.version },
})

async function write(session: ExportSession, { report }: Conduct, { clock }: MoveServices): Promise<Written> {
  const { move, path, context, kinds } = session
  preferSmallHeap()
  const run = begin(session)
  const opened = await ArchiveFile.open(path, move.journal)
  await using archive = opened.archive
  if (opened.fresh) forgetWritten(run)
  report({ event: 'stage', stage: 'inventory' })
  move.facts.set('phase', 'copying')
  if (kinds.includes('files')) await lookAtFiles(run)
  await requireRoom(session)
  report({ event: 'stage', stage: 'copy', pass: 1 })
  run.recount()
  const written: ExportedKind[] = []
  const left: [KindName, readonly Refusal[]][] = []
  for (const kind of kinds) {
    report({ event: 'kind', kind, state: 'started' })
    const { left: without = [], ...counted } = await writers[kind]({ session, run, archive })
    written.push({ name: kind, ...counted })
    left.push([kind, without])
    report({ event: 'kind', kind, state: 'done' })
  }
  if (kinds.includes('files')) for (const name of demanded) if (!archive.has(name)) await archive.addText(name, '{}', clock.now())
  if (!kinds.includes('profile')) await writeAccount(context.source, archive, { whole: false, now: clock.now() })
  await archive.addText(entryNames.migrators, JSON.stringify(migratorVersions(kinds)), clock.now())
  const leftOut = await leftIn(session, left)
  report({ event: 'stage', stage: 'report' })
  const bytes = await finish({ session, run, archive, left: leftOut }, clock.now())
  const whole = ![...move.journal.walk('files', 'refused')].some((item) => factsOf(item).again === true)
  const result: Written = { ...aboutOf(session), bytes, whole, kinds: written, left: leftOut }
  move.journal.setFact(resultFact, JSON.stringify(result))
  return result
}

/** What the app reads in any archive with files, if only to find nothing. */
const demanded = [entryNames.tags, entryNames.systemTags, entryNames.comments]

interface Writing {
  readonly session: ExportSession
  readonly run: FilesRun
  readonly archive: ArchiveFile
}

interface Counted {
  readonly count: number
  readonly bytes?: number
  readonly left?: readonly Refusal[]
}

const writers: Readonly<Record<ArchivedKind, (work: Writing) => Promise<Counted>>> = {
  async files({ session: { move }, run, archive }) {
    await writeFiles(run, archive)
    const { counts, movedBytes } = move.journal.tally('files')
    return { count: counts.moved, bytes: movedBytes, left: refusalsIn(move.journal) }
  },
  favourites: async ({ session: { context }, archive }) => ({ count: await writeFavourites({ context, archive }) }),
  tags: async ({ session: { context }, archive }) => ({ count: await writeTags({ context, archive }) }),
  comments: async ({ session: { context }, archive }) => ({ count: await writeComments({ context, archive }) }),
  calendars: async ({ session: { context }, archive }) => await writeCalendars({ context, archive }),
  contacts: async ({ session: { context }, archive }) => await writeAddressBooks({ context, archive }),
  async profile({ session: { context }, archive }) {
    await writeAccount(context.source, archive, { whole: true, now: context.clock.now() })
    return { count: 1 }
  },
}

/** What stays behind, with why. */
async function leftIn({ account }: ExportSession, left: readonly (readonly [kind: KindName, refusals: readonly Refusal[]])[]): Promise<LeftOut[]> {
  return [
    ...left.flatMap(([kind, refusals]) => refusals.map((refusal) => ({ kind, ...refusal }))),
    ...notCarried(await account.apps()).map(({ app, ...refusal }) => ({ kind: app, ...refusal })),
  ]
}

/** Directory and headers, for each file. */
const bytesPerEntry = 400

async function requireRoom({ move, path }: ExportSession): Promise<void> {
  const { totalBytes, movedBytes, counts } = move.journal.tally('files')
  const needed = totalBytes - movedBytes + (counts.found + counts.moved) * bytesPerEntry
  const { bavail, bsize } = await statfs(dirname(path))
  if (needed <= bavail * bsize) return
  throw new ChatonError('no-room', `the archive needs ${formatSize(needed)} more, and ${formatSize(bavail * bsize)} are free in "${dirname(path)}"`, {
    actor: 'user',
    next: ['make room there, then run the same command again', 'or name a file on another disk: --output'],
  })
}

interface Finishing extends Writing {
  readonly left: readonly LeftOut[]
}

/** The folder of all files, the manifest of everything before it, the directory. */
async function finish({ session, run, archive, left }: Finishing, now: Date): Promise<number> {
  const { address, account, version } = aboutOf(session).source
  const root = await run.context.source.pace.run(async () => await run.context.source.files.stat(''))
  archive.others.push(await archive.writer.add({ name: entryNames.files, mtime: root?.mtime ?? Math.floor(now.getTime() / 1000) }, Buffer.alloc(0)))
  const head = { format: 'chaton-account-archive' as const, version: 1 as const, madeAt: now.toISOString(), source: { address, account, nextcloud: version }, left: left.map(({ kind, what, reason }) => ({ kind, what, reason })) }
  const lines = (): Generator<string> =>
    manifestLines(
      head,
      (function* () {
        yield* writtenFiles(run)
        yield* archive.others
      })(),
    )
  let size = 0
  for (const line of lines()) size += Buffer.byteLength(line)
  const manifest = await archive.writer.addStream({ name: entryNames.manifest, size, mtime: Math.floor(now.getTime() / 1000) }, chunksOf(lines()))
  archive.others.push(manifest)
  return await archive.finish(writtenFiles(run))
}

const chunkBytes = 256 * 1024

async function* chunksOf(lines: Iterable<string>): AsyncGenerator<Buffer> {
  let batch: string[] = []
  let length = 0
  for (const line of lines) {
    batch.push(line)
    length += line.length
    if (length < chunkBytes) continue
    yield await Promise.resolve(Buffer.from(batch.join('')))
    ;[batch, length] = [[], 0]
  }
  yield Buffer.from(batch.join(''))
}
