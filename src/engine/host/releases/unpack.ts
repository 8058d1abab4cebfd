import { copyFile, mkdir, stat } from 'node:fs/promises'
import { basename, isAbsolute, join, normalize, posix } from 'node:path'
import * as tar from 'tar'
import { ChatonError, hasSystemCode } from '../../../kit/errors.ts'
import { hasProgram, run } from '../../../kit/exec.ts'

type ArchiveKind = 'tar' | 'tar.gz' | 'tar.bz2' | 'tar.xz' | 'zip'

const endings: readonly (readonly [RegExp, ArchiveKind])[] = [
  [/\.tar$/i, 'tar'],
  [/\.(?:tar\.gz|tgz)$/i, 'tar.gz'],
  [/\.(?:tar\.bz2|tbz2?)$/i, 'tar.bz2'],
  [/\.(?:tar\.xz|txz)$/i, 'tar.xz'],
  [/\.zip$/i, 'zip'],
]

/** Program that unpacks this kind, and the Debian package it is in; tar and gzip need none. */
const programs: Partial<Record<ArchiveKind, { readonly program: string; readonly package: string }>> = {
  'tar.bz2': { program: 'bzip2', package: 'bzip2' },
  'tar.xz': { program: 'xz', package: 'xz-utils' },
  zip: { program: 'unzip', package: 'unzip' },
}

export async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT', 'ENOTDIR')) throw new ChatonError('not-found', `there is no file or directory ${path}`, { cause: error })
    throw error
  }
}

/** Copies a directory, or unpacks an archive, into the new directory `into`. Names and links that lead outside are refused. */
export async function bringIn(source: string, into: string, signal?: AbortSignal): Promise<void> {
  if (await isDirectory(source)) {
    await run('cp', ['--recursive', '--no-dereference', '--reflink=auto', '--', source, into], signal ? { signal } : {})
    return
  }
  const kind = archiveKind(source)
  await needProgram(kind)
  await mkdir(into)
  if (kind === 'zip') await unpackZip(source, into, signal)
  else await unpackTar(await plainTar(source, kind, into, signal), into)
}

function archiveKind(source: string): ArchiveKind {
  const kind = endings.find(([ending]) => ending.test(source))?.[1]
  if (kind !== undefined) return kind
  throw new ChatonError('bad-input', `${source} is not an archive that chaton reads; allowed: .tar.bz2, .tar.gz, .tar.xz, .tar, .zip, or a directory`)
}

/** Throws `bad-input` where the name is not that of an archive that {@link bringIn} unpacks. */
export function requireArchive(source: string): 'archive' {
  archiveKind(source)
  return 'archive'
}

async function needProgram(kind: ArchiveKind): Promise<void> {
  const needed = programs[kind]
  if (!needed || (await hasProgram(needed.program))) return
  throw new ChatonError('machine-not-ready', `the program "${needed.program}", which unpacks .${kind} archives, is not installed`, {
    next: [`apt-get install ${needed.package}`],
  })
}

/** bzip2 and xz archives are decompressed beside the target first: so every kind of tar passes the same checks. */
async function plainTar(source: string, kind: ArchiveKind, into: string, signal: AbortSignal | undefined): Promise<string> {
  const program = programs[kind]?.program
  if (program === undefined) return source
  const copy = join(into, '..', kind === 'tar.bz2' ? 'archive.tar.bz2' : 'archive.tar.xz')
  await copyFile(source, copy)
  await run(program, ['--decompress', '--force', '--', copy], signal ? { signal } : {})
  return copy.replace(/\.[^.]+$/, '')
}

/** Why an entry may not be unpacked, or undefined. Pure; looks at names only. */
export function judgeEntry(path: string, link?: { readonly target: string; readonly hard: boolean }): string | undefined {
  if (!staysInside(path)) return `"${path}" leads outside`
  if (link === undefined) return undefined
  const target = link.hard ? link.target : posix.join(posix.dirname(path), link.target)
  const inside = !isAbsolute(link.target) && staysInside(target)
  return inside ? undefined : `"${path}" is a link that leads outside, to "${link.target}"`
}

/** Dots within a path are fine for a link, but its way must not pass above the top. */
function staysInside(path: string): boolean {
  return !isAbsolute(path) && !path.includes('\0') && !path.includes('\\') && !normalize(path).split('/').includes('..')
}

const plainTypes = new Set(['File', 'OldFile', 'ContiguousFile', 'Directory', 'GNUDumpDir', 'SymbolicLink', 'Link'])

async function unpackTar(archive: string, into: string): Promise<void> {
  const problems: string[] = []
  let entries = 0
  await readable(archive, async () => {
    await tar.list({
      file: archive,
      strict: true,
      preservePaths: true,
      onReadEntry: (entry) => {
        entries++
        const link = entry.linkpath === undefined || entry.linkpath === '' ? undefined : { target: entry.linkpath, hard: entry.type === 'Link' }
        const names = entry.path.split('/').includes('..') ? `"${entry.path}" leads outside` : undefined
        const problem = plainTypes.has(entry.type) ? (names ?? judgeEntry(entry.path, link)) : `"${entry.path}" is a ${entry.type}`
        if (problem !== undefined) problems.push(problem)
      },
    })
  })
  refuseHostile(archive, entries, problems)
  await readable(archive, async () => {
    await tar.extract({ file: archive, cwd: into, strict: true, preserveOwner: false, noMtime: false })
  })
}

async function readable(archive: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (hasSystemCode(error, 'ENOSPC', 'EDQUOT', 'EACCES', 'EROFS')) throw error
    throw damaged(archive, error)
  }
}

const damaged = (archive: string, cause: unknown): ChatonError =>
  new ChatonError('bad-input', `${basename(archive)} cannot be read: it is damaged, or not an archive of that kind`, {
    next: ['fetch it again, and compare its SHA-512 with the published one'],
    cause,
  })

function refuseHostile(archive: string, entries: number, problems: readonly string[]): void {
  if (problems.length > 0) {
    const shown = problems.slice(0, 5).join('; ')
    throw new ChatonError('bad-input', `${basename(archive)} is not safe to unpack: ${shown}${problems.length > 5 ? `; and ${problems.length - 5} more` : ''}`)
  }
  if (entries === 0) throw new ChatonError('bad-input', `${basename(archive)} is empty`)
}

async function unpackZip(archive: string, into: string, signal: AbortSignal | undefined): Promise<void> {
  const listing = await run('unzip', ['-Z1', archive], { accept: [0, 1, 2, 3, 9, 11] })
  if (listing.exitCode !== 0) throw damaged(archive, new Error(listing.stderr.trim()))
  const names = listing.stdout.split('\n').filter((name) => name !== '')
  const problems = names.flatMap((name) => (name.split('/').includes('..') ? `"${name}" leads outside` : (judgeEntry(name) ?? [])))
  refuseHostile(archive, names.length, problems)
  const unpacked = await run('unzip', ['-q', '-o', archive, '-d', into], { accept: [0, 1, 2, 3, 50, 80, 81, 82], ...(signal ? { signal } : {}) })
  if (unpacked.exitCode === 50) throw new ChatonError('no-room', `No space left on device while unpacking ${basename(archive)}`)
  if (unpacked.exitCode !== 0) throw damaged(archive, new Error(unpacked.stderr.trim()))
}
