import { addressOf, parentOf } from '../paths.ts'

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

/** ZipFolderPlugin.php: a folder, or `files=[…]` of paths below it. The root is only asked for by names: its archive has names of its own. */
export function* zipRequests(uid: string, { folder, files, whole }: Wanted): Generator<ZipRequest> {
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

const listOf = (members: Named): string => `[${members.map(([name]) => word(name)).join(',')}]`
const word = (name: string): string => encoded(JSON.stringify(name))
const encoded = (text: string): string => encodeURIComponent(text).replaceAll('%2F', '/')
