import type { Manners } from '../quirks.ts'
import { addressOf, nameOf, parentOf } from '../paths.ts'

export interface Wanted {
  readonly folder: string
  /** Path and size. */
  readonly files: ReadonlyMap<string, number>
  /** These are all the files below the folder. */
  readonly whole: boolean
}

/** One archive to ask for. */
export interface ZipRequest {
  readonly address: string
  /** By their names in the archive. */
  readonly members: ReadonlyMap<string, Member>
}

export interface Member {
  readonly path: string
  readonly size: number
}
type Named = readonly (readonly [name: string, member: Member])[]

/** Common web servers take request lines of 8 KiB. */
const longestList = 6000

/** The archives that hold the wanted files, by the way that a release has. */
export function zipRequests(uid: string, wanted: Wanted, zip: Manners['zip']): Iterable<ZipRequest> {
  return zip === 'dav' ? byDav(uid, wanted) : byPage(wanted)
}

/** ZipFolderPlugin.php: a folder, or `files=[…]` of paths below it. The root is only asked for by names: its archive has names of its own. */
function* byDav(uid: string, { folder, files, whole }: Wanted): Generator<ZipRequest> {
  const base = `/${uid}/files${folder === '' ? '' : `/${folder}`}`
  const address = addressOf(uid, folder)
  if (whole && folder !== '') {
    yield { address, members: new Map(unmistakable(namedFrom(parentOf(folder), files), parentOf(base))) }
    return
  }
  for (const some of lists(unmistakable(namedFrom(folder, files), base))) yield { address: `${address}?files=${listOf(some)}`, members: new Map(some) }
}

/** The server cuts *every* occurrence of `root` out of a path: what has it twice would take the name of another, and is left out. */
const unmistakable = (members: Named, root: string): Named => members.filter(([name]) => !`/${name}`.includes(root))

/** ajax/download.php of the files app: names in an archive of chosen files have no folder, so each folder is asked for by itself; a file alone would come unpacked. */
function* byPage({ folder, files, whole }: Wanted): Generator<ZipRequest> {
  const page = (directory: string): string => `/index.php/apps/files/ajax/download.php?dir=/${encoded(directory)}&files=`
  if (whole && folder !== '') {
    yield { address: `${page(parentOf(folder))}${listOf([[nameOf(folder), undefined]])}`, members: new Map(namedFrom(parentOf(folder), files)) }
    return
  }
  for (const [directory, inside] of Map.groupBy(files, ([path]) => parentOf(path))) {
    for (const some of lists(namedFrom(directory, inside))) if (some.length > 1) yield { address: page(directory) + listOf(some), members: new Map(some) }
  }
}

function namedFrom(folder: string, files: Iterable<readonly [string, number]>): Named {
  return Array.from(files, ([path, size]) => [folder === '' ? path : path.slice(folder.length + 1), { path, size }] as const)
}

function* lists(members: Named): Generator<Named> {
  let some: (readonly [string, Member])[] = []
  let length = 0
  for (const member of members) {
    const more = word(member[0]).length + 1
    if (some.length > 0 && length + more > longestList) {
      yield some
      ;[some, length] = [[], 0]
    }
    some.push(member)
    length += more
  }
  if (some.length > 0) yield some
}

const listOf = (members: readonly (readonly [string, unknown])[]): string => `[${members.map(([name]) => word(name)).join(',')}]`
const word = (name: string): string => encoded(JSON.stringify(name))
const encoded = (text: string): string => encodeURIComponent(text).replaceAll('%2F', '/')
