import { rm } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Engine, SpaceTarget } from '../../../src/engine/contract.ts'
import { ChatonError } from '../../../src/kit/errors.ts'
import type { MoveContext } from '../../../src/move/contract.ts'
import { favourites } from '../../../src/move/favourites.ts'
import { files } from '../../../src/move/files/index.ts'
import { openRemoteFiles } from '../../../src/nextcloud/files/index.ts'
import { streamOf } from '../../../src/nextcloud/remote.ts'
import { provision, signIn, snapshot, type Person } from '../../conformance/engine-steps.ts'
import { sandboxForTest } from '../../engine/sandbox/setup.ts'
import { remoteFor, type RemoteForTest } from '../../support/remote.ts'
import { contextFor, journalPath, type ContextForTest } from '../support/context.ts'

/** From one sandbox space to another over HTTP. What arrived is read by the test's own DAV requests. */

interface Side {
  readonly target: SpaceTarget
  readonly person: Person
  readonly made: RemoteForTest
}

let engine: Engine
let directory: string
let source: Side
let destination: Side
const limits = JSON.stringify({ packedMost: 1000, batchMost: 3000, batchFiles: 8, wholeMost: 6_000_000, triedMost: 0, chunkMost: 5 * 2 ** 20 })

async function open(newTarget: () => SpaceTarget): Promise<Side> {
  const target = newTarget()
  await provision(engine, target)
  const person = await signIn(engine, target, target.administrator)
  return { target, person, made: await remoteFor({ url: engine.address(target).url, ...person }) }
}

beforeAll(async () => {
  const sandbox = await sandboxForTest()
  ;({ engine, directory } = sandbox)
  source = await open(() => sandbox.newTarget({ poolBytes: 100e6 }))
  destination = await open(() => sandbox.newTarget({ poolBytes: 100e6 }))
})
afterAll(async () => {
  for (const { made, target } of [source, destination]) {
    made[Symbol.dispose]()
    await engine.remove(target)
  }
  await rm(directory, { recursive: true, force: true })
})

const filesOf = ({ made }: Side) => openRemoteFiles(made.remote)

async function fill(): Promise<void> {
  const { person } = source
  for (const folder of ['many', 'many/deeper', 'empty', 'odd %41 #?']) await person.dav('MKCOL', encodeURI(folder).replaceAll('#', '%23').replaceAll('?', '%3F'))
  for (let index = 0; index < 30; index++) await person.put(`many/${index % 3 === 0 ? 'deeper/' : ''}file%20${index}.txt`, `content ${index}`, { 'x-oc-mtime': String(1_500_000_000 + index) })
  await person.put('zero.txt', '', { 'x-oc-mtime': '1500000000' })
  await person.put(`odd%20%2541%20%23%3F/${encodeURIComponent('ends in a blank ')}`, 'blank', { 'x-oc-mtime': '1500000001' })
  await person.put(encodeURIComponent('😀 é.txt'), 'emoji', { 'x-oc-mtime': '1500000002' })
  await person.put('created.jpg', 'photo', { 'x-oc-mtime': '1500000003', 'x-oc-ctime': '1400000003' })
  await person.put('middle.bin', Buffer.alloc(50_000, 'm'), { 'x-oc-mtime': '1500000004' })
  await person.put('large.bin', Buffer.from(Array.from({ length: 12_000_000 }, (_, index) => index % 251)), { 'x-oc-mtime': '1500000005' })
}

async function emptied({ made }: Side): Promise<void> {
  const remote = openRemoteFiles(made.remote)
  for await (const { path, etag } of remote.list('')) await remote.remove(path, etag)
}

beforeEach(async () => {
  await emptied(source)
  await emptied(destination)
  await fill()
})

function contextOf(journal: string, more: { readonly signal?: AbortSignal; readonly destination?: MoveContext['destination']['files'] } = {}): ContextForTest {
  const context = contextFor({ source: filesOf(source), destination: more.destination ?? filesOf(destination), journal, ...(more.signal === undefined ? {} : { signal: more.signal }), sourceUrl: 'https://old.example' })
  context.journal.setFact('files.limits', limits)
  return { ...context, source: { ...context.source, remote: source.made.remote }, destination: { ...context.destination, remote: destination.made.remote } }
}

const there = async (): Promise<Record<string, string>> => await snapshot(engine, destination.target, destination.person)
const here = async (): Promise<Record<string, string>> => await snapshot(engine, source.target, source.person)

/** Ends the run at the n-th call to the destination, as a kill would: the journal takes nothing more. */
function killing(at: number, when: 'before' | 'after', kill: () => void): MoveContext['destination']['files'] {
  const whole = filesOf(destination)
  let calls = 0
  let dead = false
  const step = (now: 'before' | 'after'): void => {
    if (now === 'before') calls += 1
    if (!dead && (calls < at || now !== when)) return
    if (!dead) kill()
    dead = true
    throw new ChatonError('interrupted', 'killed')
  }
  return new Proxy(whole, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver)
      if (typeof value !== 'function' || name === 'chunked' || name === 'list' || name === 'readMany') return value
      return async (...parameters: unknown[]) => {
        step('before')
        const result: unknown = await Reflect.apply(value, target, parameters)
        step('after')
        return result
      }
    },
  })
}

describe('a move from sandbox to sandbox', () => {
  test('carries contents and times of everything, tells of it, and verifies it', async () => {
    using journal = journalPath()
    using context = contextOf(journal.path)

    const tally = await files.run(context)

    expect(tally).toMatchObject({ moved: 40, alreadyThere: 0, refused: [], renamed: [] })
    expect(await there()).toEqual(await here())
    expect(await filesOf(destination).stat('created.jpg')).toMatchObject({ ctime: 1_400_000_003 })
    for (const folder of ['many', 'many/deeper', 'empty']) expect((await filesOf(destination).stat(folder))?.mtime).toBe((await filesOf(source).stat(folder))?.mtime)
    expect(await files.verify(context)).toEqual({ checked: 40, differing: [] })
  })

  test('verification finds what was changed behind our back', async () => {
    using journal = journalPath()
    using context = contextOf(journal.path)
    await files.run(context)
    await destination.person.put('many/file%201.txt', 'contenu 1', { 'x-oc-mtime': '1500000001' })
    await destination.person.put('middle.bin', Buffer.alloc(50_000, 'n'), { 'x-oc-mtime': '1500000004' })
    await destination.person.dav('DELETE', 'zero.txt')

    // Folders that people have used since have later times.
    context.journal.setFact('files.finished', '1600000000')
    const { differing } = await files.verify(context)

    expect(differing.map(({ what }) => what).toSorted()).toEqual(['many/file 1.txt', 'middle.bin', 'zero.txt'])
  })

  for (const when of ['before', 'after'] as const) {
    test(`killed ${when} requests all along the way, it goes on and ends the same`, async () => {
      using journal = journalPath()
      let runs = 0
      for (let at = 1; ; at += 3) {
        using context = contextOf(journal.path, { destination: killing(at, when, () => context.journal[Symbol.dispose]()) })
        runs += 1
        if (await files.run(context).then(() => true, () => false)) break
      }
      expect(runs).toBeGreaterThan(3)
      expect(await there()).toEqual(await here())
      const { nodes } = await versions()
      expect(nodes).toBe(0)
    })
  }

  test('stopped by the person in the middle of a large file, it goes on inside of it', async () => {
    using journal = journalPath()
    const stop = new AbortController()
    {
      using context = contextOf(journal.path, { signal: stop.signal })
      const told = { ...context, progress: ({ note }: { readonly note?: string }) => (note?.startsWith('part 2') === true ? stop.abort() : undefined) }
      await expect(files.run(told)).rejects.toMatchObject({ code: 'interrupted' })
      expect(context.journal.get('files', 'large.bin')).toMatchObject({ state: 'writing' })
    }
    using context = contextOf(journal.path)
    await files.run(context)
    expect(await there()).toEqual(await here())
  })

  test('favourites follow, also those that are new after the files were carried, and go again', async () => {
    using journal = journalPath()
    using context = contextOf(journal.path)
    await filesOf(source).setFavourite('many/file 1.txt', true)
    await files.run(context)
    expect(await favourites.run(context)).toMatchObject({ moved: 1, refused: [] })
    await filesOf(source).setFavourite('many', true)
    await filesOf(source).setFavourite('many/file 1.txt', false)
    expect(await favourites.verify(context)).toMatchObject({ checked: 1, differing: [{ what: 'many' }] })

    expect(await favourites.run(context)).toMatchObject({ moved: 1, refused: [] })

    expect((await filesOf(destination).stat('many'))?.favourite).toBe(true)
    expect((await filesOf(destination).stat('many/file 1.txt'))?.favourite).toBe(false)
    expect(await favourites.verify(context)).toEqual({ checked: 1, differing: [] })
  })
})

/** Versions of all files at the destination: what was written over. */
async function versions(): Promise<{ readonly nodes: number }> {
  let nodes = 0
  const walk = async (folder: string): Promise<void> => {
    for await (const entry of filesOf(destination).list(folder)) {
      if (entry.folder) await walk(entry.path)
      else {
        const answer = await destination.made.remote.send(`/remote.php/dav/versions/${destination.person.userId}/versions/${entry.fileId}`, { method: 'PROPFIND', headers: { depth: '1' } })
        const text = (await buffer(answer.body)).toString()
        // The folder itself, and the current content.
        nodes += text.split('<d:response>').length - 1 - 2
      }
    }
  }
  await walk('')
  return { nodes }
}

test('the helper that counts versions counts them', async () => {
  await filesOf(destination).write('twice.txt', { stream: streamOf(Buffer.from('one')), length: 3 }, { over: 'new', mtime: 1_500_000_000 })
  const before = await versions()
  await destination.person.put('twice.txt', 'two', { 'x-oc-mtime': '1500000009' })
  expect([before.nodes, (await versions()).nodes]).toEqual([0, 1])
})
