import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { formatSize } from '../../../kit/bytes.ts'
import { ChatonError } from '../../../kit/errors.ts'
import { exists } from '../../../kit/files.ts'
import { listFavourites } from '../../../nextcloud/files/favourites.ts'
import { FilesRun } from '../../files/run.ts'
import { inventoryOf, refusalsIn } from '../../files/tally.ts'
import type { KindName, Refusal } from '../../kinds.ts'
import { notCarried } from '../../not-carried.ts'
import { watchForPause } from '../../pause.ts'
import { undo } from '../../prepare.ts'
import type { Conduct, MoveServices } from '../../services.ts'
import { signOutSide, type SignedOut } from '../../sign-in.ts'
import { entryNames, favouriteTag, migratorVersions } from '../layout.ts'
import { manifestLines } from '../manifest.ts'
import { forgetWritten, lookAtFiles, writeFiles, writtenFiles } from './files.ts'
import { lookAtShelves, writeAddressBooks, writeCalendars, type ShelvesWritten } from './groupware.ts'
import { readAvatar, readProfile } from './profile.ts'
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
  readonly signedOut: SignedOut
}

/** Looks at the account and says what an export would hold; leaves nothing of an export that it had to make for this. */
export async function tryExport(services: MoveServices, wish: ExportWish, conduct: Conduct): Promise<ExportPlan> {
  await using session = await openExport(services, wish, conduct)
  try {
    const run = begin(session)
    conduct.report({ event: 'stage', stage: 'inventory' })
    await lookAtFiles(run)
    const { calendars, books } = await lookAtShelves(session.context)
    const files = inventoryOf(session.move.journal)
    return { ...aboutOf(session), kinds: [fileKind(files.count, files.bytes), { name: 'calendars', count: calendars }, { name: 'contacts', count: books }], left: await leftIn(session, []) }
  } finally {
    if (session.isNew) await undo(services, session.move)
  }
}

const fileKind = (count: number, bytes = 0): ExportedKind => ({ name: 'files', count, bytes })

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
  const pass = Number(context.journal.fact('files.pass') ?? 0) + 1
  context.journal.setFact('files.pass', String(pass))
  return new FilesRun(context, pass)
}

const aboutOf = ({ move, path, account: { remote } }: ExportSession): Pick<ExportPlan, 'move' | 'file' | 'source'> => ({
  move: move.id,
  file: path,
  source: { address: remote.base, account: remote.uid, version: remote.facts.version },
})

async function write(session: ExportSession, { report }: Conduct, { clock }: MoveServices): Promise<Written> {
  const { move, path, context } = session
  const run = begin(session)
  const opened = await ArchiveFile.open(path, move.journal)
  await using archive = opened.archive
  if (opened.fresh) forgetWritten(run)
  report({ event: 'stage', stage: 'inventory' })
  move.facts.set('phase', 'copying')
  await lookAtFiles(run)
  await requireRoom(session)
  report({ event: 'stage', stage: 'copy', pass: 1 })
  const of = async <T>(kind: KindName, work: () => Promise<T>): Promise<T> => {
    report({ event: 'kind', kind, state: 'started' })
    const value = await work()
    report({ event: 'kind', kind, state: 'done' })
    return value
  }
  run.recount()
  await of('files', async () => await writeFiles(run, archive))
  const stars = await of('favourites', async () => await writeTags(run, archive))
  const calendars = await of('calendars', async () => await writeCalendars({ context, archive }))
  const contacts = await of('contacts', async () => await writeAddressBooks({ context, archive }))
  await writeAccount(session, archive, clock.now())
  const left = await leftIn(session, [['calendars', calendars], ['contacts', contacts]])
  report({ event: 'stage', stage: 'report' })
  const bytes = await finish({ session, run, archive, left }, clock.now())
  const { counts, movedBytes } = move.journal.tally('files')
  const written: Written = {
    ...aboutOf(session),
    bytes,
    kinds: [fileKind(counts.moved, movedBytes), { name: 'favourites', count: stars }, { name: 'calendars', count: calendars.count }, { name: 'contacts', count: contacts.count }, { name: 'profile', count: 1 }],
    left,
  }
  move.journal.setFact(resultFact, JSON.stringify(written))
  return written
}

/** What stays behind, with why. */
async function leftIn({ move, account }: ExportSession, shelves: readonly (readonly [kind: KindName, written: ShelvesWritten])[]): Promise<LeftOut[]> {
  return [
    ...refusalsIn(move.journal).map((refusal) => ({ kind: 'files', ...refusal })),
    ...shelves.flatMap(([kind, { left }]) => left.map((refusal) => ({ kind, ...refusal }))),
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

/** Favourites as the app writes them; system tags and comments are left empty, as it demands their entries. */
async function writeTags(run: FilesRun, archive: ArchiveFile): Promise<number> {
  const { source, clock } = run.context
  const paths = await source.pace.run(async () => {
    const found: string[] = []
    for await (const path of listFavourites(source.remote)) found.push(path)
    return found.toSorted()
  })
  const kept = paths.filter((path) => run.journal.get('files', path)?.state === 'moved')
  await archive.addText(entryNames.tags, JSON.stringify(Object.fromEntries(kept.map((path) => [`/${path}`, [favouriteTag]]))), clock.now())
  await archive.addText(entryNames.systemTags, '{}', clock.now())
  await archive.addText(entryNames.comments, '{}', clock.now())
  return kept.length
}

async function writeAccount({ context: { source }, account: { remote } }: ExportSession, archive: ArchiveFile, now: Date): Promise<void> {
  const profile = await readProfile(source)
  const { displayName, email, language, locale, lastLogin } = profile
  const core = { ...(language === undefined ? {} : { lang: language }), ...(locale === undefined ? {} : { locale }) }
  const json = async (name: string, value: unknown): Promise<void> => await archive.addText(name, JSON.stringify(value), now)
  await json(entryNames.account, profile.account)
  await json(entryNames.profileConfig, {})
  const avatar = await readAvatar(source)
  if (avatar !== undefined) await archive.addBytes(`${entryNames.avatar}${avatar.ending}`, avatar.bytes, now)
  await json(entryNames.user, { uid: remote.uid, displayName, lastLogin, enabled: true })
  await json(entryNames.settings, { core, settings: email === undefined ? {} : { email } })
  await json(entryNames.versions, { core: remote.facts.version })
  await json(entryNames.migrators, migratorVersions)
}

interface Finishing {
  readonly session: ExportSession
  readonly run: FilesRun
  readonly archive: ArchiveFile
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
