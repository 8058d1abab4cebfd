import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { chunks, walkExtras } from '../../src/move/extras.ts'
import type { MoveContext } from '../../src/move/contract.ts'
import type { Item } from '../../src/move/journal.ts'
import type { StreamRequest } from '../../src/kit/http-stream.ts'
import { newJournal } from './support/accounts.ts'
import { contextFor, type ContextForTest } from './support/context.ts'
import { MemoryFiles } from './support/memory-files.ts'

let journal: ReturnType<typeof newJournal>
let context: ContextForTest

beforeEach(() => {
  journal = newJournal()
  const files = new MemoryFiles()
  context = contextFor({ source: files, destination: files, journal: journal.path })
})
afterEach(() => {
  context[Symbol.dispose]()
  journal[Symbol.dispose]()
})

const known = (key: string, folder = false, state: Item['state'] = 'moved'): void =>
  context.journal.put('files', { key, state, sourceId: key, sourceMark: '', destinationKey: key, destinationId: undefined, destinationMark: '', bytes: 0, extra: folder ? { folder: true } : {}, reason: undefined, next: undefined, pass: 1 })

/** A source that lists these paths; each has as many comments as its name says. */
function source(paths: readonly string[], honest = true): { readonly context: MoveContext; readonly asked: string[] } {
  const asked: string[] = []
  const send = async (path: string, { headers }: StreamRequest = {}) => {
    const folder = decodeURIComponent(path.replace(/^\/remote\.php\/dav\/files\/camille\/?/, ''))
    const whole = headers?.['depth'] === 'infinity'
    asked.push(`${folder} ${headers?.['depth'] ?? ''}`)
    const below = paths.filter((one) => one !== folder && one.startsWith(folder === '' ? '' : `${folder}/`))
    const listed = below.filter((one) => (whole && honest) || !one.slice(folder === '' ? 0 : folder.length + 1).includes('/'))
    const responses = [folder, ...listed].map((one) => `<d:response><d:href>/remote.php/dav/files/camille/${one}</d:href><d:propstat><d:prop><oc:fileid>${one}</oc:fileid><oc:comments-count>${/\d$/.exec(one)?.[0] ?? '0'}</oc:comments-count></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`)
    return await Promise.resolve({ status: 207, headers: {}, body: Readable.from([Buffer.from(`<d:multistatus xmlns:d="DAV:">${responses.join('')}</d:multistatus>`)]) })
  }
  return { context: { ...context, source: { ...context.source, remote: { ...context.source.remote, send } } }, asked }
}

async function commented(of: MoveContext): Promise<string[]> {
  const found: string[] = []
  await walkExtras(of, (entries) => found.push(...entries.filter(({ comments }) => comments > 0).map(({ path }) => path)))
  return found.toSorted()
}

describe('all entries of the source', () => {
  const paths = ['root2', 'a', 'a/x1', 'a/b', 'a/b/c', 'a/b/c/y3']

  test('are asked for by small trees', async () => {
    for (const path of paths) known(path, !/\d$/.test(path))
    const { context: of, asked } = source(paths)

    expect(await commented(of)).toEqual(['a/b/c/y3', 'a/x1', 'root2'])
    expect(asked).toEqual([' 1', 'a infinity'])
  })

  test('are all found where a server takes a whole tree for one folder', async () => {
    for (const path of paths) known(path, !/\d$/.test(path))
    const { context: of, asked } = source(paths, false)

    expect(await commented(of)).toEqual(['a/b/c/y3', 'a/x1', 'root2'])
    expect(asked).toEqual([' 1', 'a infinity', 'a 1', 'a/b 1', 'a/b/c 1'])
  })

  test('of a large tree by its parts; what is refused is not asked for', () => {
    known('big', true)
    known('big/one', true)
    known('big/other', true, 'refused')
    context.journal.together(() => {
      for (let index = 0; index < 5001; index++) known(`big/one/${index}`)
    })
    known('big/two', true)

    expect([...chunks(context.journal, '')].map(({ folder, depth }) => `${folder} ${depth}`)).toEqual([' 1', 'big 1', 'big/one 1', 'big/two infinity'])
  })
})
