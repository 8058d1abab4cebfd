import { ChatonError } from '../../kit/errors.ts'
import { textOf } from '../../kit/http-stream.ts'
import { refusal, type Remote } from '../remote.ts'
import type { ZipMember } from './contract.ts'
import { addressOf, parentOf } from './paths.ts'
import { readZip } from './zip/reader.ts'

export interface Wanted {
  readonly folder: string
  /** Path and size. */
  readonly files: ReadonlyMap<string, number>
  readonly whole: boolean
}

/** Common web servers take request lines of 8 KiB. */
const longestList = 6000
const patienceMs = 600_000

/** ZipFolderPlugin.php: a whole folder, or `files=[…]` of paths below it, in as many requests as the length of an address asks for. */
export async function* readMany(remote: Remote, { folder, files, whole }: Wanted): AsyncGenerator<ZipMember> {
  const base = `/${remote.uid}/files${folder === '' ? '' : `/${folder}`}`
  if (whole && folder !== '') {
    yield* readArchive(remote, { folder, query: '', members: membersOf([...files], { cut: parentOf(folder), root: parentOf(base) }) })
    return
  }
  for (const { list, members } of lists([...membersOf([...files], { cut: folder, root: base })])) {
    yield* readArchive(remote, { folder, query: `?files=[${list.join(',')}]`, members })
  }
}

interface Member {
  readonly path: string
  readonly size: number
}

/** By their names in the archive. The server cuts *every* occurrence of `root` out of a path: what has it twice would take the name of another, and is left out. */
function membersOf(files: readonly (readonly [string, number])[], { cut, root }: { readonly cut: string; readonly root: string }): Map<string, Member> {
  const members = new Map<string, Member>()
  for (const [path, size] of files) {
    const name = cut === '' ? path : path.slice(cut.length + 1)
    if (!`/${name}`.includes(root)) members.set(name, { path, size })
  }
  return members
}

function* lists(members: readonly (readonly [string, Member])[]): Generator<{ readonly list: readonly string[]; readonly members: Map<string, Member> }> {
  let list: string[] = []
  let chosen = new Map<string, Member>()
  let length = 0
  for (const [name, member] of members) {
    const word = encodeURIComponent(JSON.stringify(name)).replaceAll('%2F', '/')
    if (list.length > 0 && length + word.length > longestList) {
      yield { list, members: chosen }
      ;[list, chosen, length] = [[], new Map(), 0]
    }
    list.push(word)
    chosen.set(name, member)
    length += word.length + 1
  }
  if (list.length > 0) yield { list, members: chosen }
}

interface Archive {
  readonly folder: string
  readonly query: string
  readonly members: Map<string, Member>
}

async function* readArchive(remote: Remote, { folder, query, members }: Archive): AsyncGenerator<ZipMember> {
  const answer = await remote.send(addressOf(remote.uid, folder) + query, { headers: { accept: 'application/zip' }, idleTimeoutMs: patienceMs })
  if (answer.status !== 200) throw refusal(`reading many files of "${folder}"`, { ...answer, text: await textOf(answer) })
  if (!(answer.headers['content-type'] ?? '').startsWith('application/zip')) {
    answer.body.destroy()
    throw new ChatonError('remote-failed', `asked for "${folder}" as a zip, the server sends ${answer.headers['content-type'] ?? 'something else'}`, { data: { status: 200 } })
  }
  const contents = await readZip(answer.body, (name) => members.get(name.normalize('NFC'))?.size)
  for (const [name, bytes] of contents) {
    const member = members.get(name.normalize('NFC'))
    if (member !== undefined) yield { path: member.path, bytes }
  }
}
