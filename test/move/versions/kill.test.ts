import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../../src/kit/clock.ts'
import { textOf } from '../../../src/kit/http-stream.ts'
import { silentLogger } from '../../../src/kit/log.ts'
import type { Kind } from '../../../src/move/contract.ts'
import { abortMove } from '../../../src/move/control.ts'
import { files } from '../../../src/move/files/index.ts'
import { Moves } from '../../../src/move/moves.ts'
import type { MoveServices } from '../../../src/move/services.ts'
import { trash } from '../../../src/move/trash/index.ts'
import { versions } from '../../../src/move/versions/index.ts'
import { openRemoteFiles } from '../../../src/nextcloud/files/index.ts'
import { listTrash, readTrashed } from '../../../src/nextcloud/files/trash.ts'
import { listVersions, readVersion } from '../../../src/nextcloud/files/versions.ts'
import { streamOf, type Remote } from '../../../src/nextcloud/remote.ts'
import { memorySecrets } from '../../real/support/memory-secrets.ts'
import { moveBetween, newJournal, twoAccounts, type Accounts, type Pair } from '../support/accounts.ts'

/** Killed at its requests in turn, and run again: the present content stands, each old one once, each deleted thing once. */

let accounts: Accounts
beforeAll(async () => {
  accounts = await twoAccounts()
  await plant(accounts.source)
})
afterAll(async () => {
  await accounts[Symbol.asyncDispose]()
})

const kinds: readonly Kind[] = [files, versions, trash]
const path = 'plan.txt'
const contents = ['one', 'two, longer', 'three']
const time = 1_500_000_000

async function plant(remote: Remote): Promise<void> {
  const side = openRemoteFiles(remote)
  const put = async (name: string, text: string, mtime: number, over?: string) => await side.write(name, { stream: streamOf(Buffer.from(text)), length: text.length }, { over: over === undefined ? 'new' : { etag: over }, mtime })
  let etag: string | undefined
  for (const [index, text] of contents.entries()) etag = (await put(path, text, time + index * 10_000, etag)).etag
  await put('emptied.txt', '', time + 5, (await put('emptied.txt', 'full', time)).etag)
  await side.makeFolder('gone')
  await put('gone/inside.txt', 'inside', time)
  await remove(remote, 'gone')
  await put('gone.txt', 'deleted', time)
  await remove(remote, 'gone.txt')
}

async function remove(remote: Remote, name: string): Promise<void> {
  const side = openRemoteFiles(remote)
  const entry = await side.stat(name)
  await side.remove(name, entry?.etag ?? '')
}

async function stateOf(remote: Remote): Promise<object> {
  const side = openRemoteFiles(remote)
  const tree: string[] = []
  for await (const { path: name, size, mtime } of side.list('')) tree.push(`${name} ${size} ${mtime}`)
  const id = (await side.stat(path))?.fileId ?? ''
  const text = async ({ stream }: Awaited<ReturnType<typeof readVersion>>): Promise<string> => await textOf({ body: stream } as never)
  const old: string[] = []
  const emptied = (await side.stat('emptied.txt'))?.fileId ?? ''
  for (const of of [id, emptied]) for (const { stamp } of await listVersions(remote, of)) old.push(`${stamp} ${await text(await readVersion(remote, of, stamp))}`)
  const trashed: string[] = []
  for (const { path: name, folder, location } of await listTrash(remote, '')) trashed.push(folder ? `${location}/ ${(await listTrash(remote, name)).map(({ size }) => size).join()}` : `${location} ${await text(await readTrashed(remote, name))}`)
  return { tree: tree.toSorted(), present: await text(await side.read(path)), old: old.toSorted(), trashed: trashed.toSorted() }
}

class Killed extends Error {}

/** Answers whether the run, with the files carried, was killed at its n-th request to the destination. */
async function killedAt(n: number, when: 'before' | 'after', { source, destination }: Pair, journal: string): Promise<boolean> {
  let [begun, dead] = [0, false]
  using whole = moveBetween({ source, destination, journal })
  await files.run(whole)
  using move = moveBetween({ source, destination: { ...destination, send: async (...args) => await send(...args) }, journal })
  async function send(...args: Parameters<Remote['send']>): ReturnType<Remote['send']> {
    begun += 1
    if (!dead && (begun < n || when === 'after')) {
      const answer = await destination.send(...args)
      if (begun < n) return answer
    }
    dead = true
    throw new Killed()
  }
  try {
    for (const kind of [versions, trash]) if (!dead) await kind.run(move)
  } catch (error) {
    if (!dead) throw error
  }
  return dead
}

test.each(['before', 'after'] as const)('killed %s every second request', { timeout: 120_000 }, async (when) => {
  let [kills, inBetween] = [0, 0]
  const wanted = await stateOf(accounts.source)
  expect(wanted).toMatchObject({ present: 'three', trashed: ['gone.txt deleted', 'gone/ 6'] })
  for (let n = when === 'before' ? 1 : 2; ; n += 2) {
    const pair = { source: accounts.source, destination: (await accounts.another()).destination }
    using journal = newJournal()
    const dead = await killedAt(n, when, pair, journal.path)
    const half = await openRemoteFiles(pair.destination).stat(path)
    if (half !== undefined && half.mtime !== time + 20_000) inBetween += 1
    using move = moveBetween({ ...pair, journal: journal.path })
    for (const kind of [...kinds, ...kinds]) expect([n, kind.name, (await kind.run(move)).refused]).toEqual([n, kind.name, []])
    expect([n, await stateOf(pair.destination)]).toEqual([n, wanted])
    for (const kind of kinds) expect([n, kind.name, (await kind.verify(move)).differing]).toEqual([n, kind.name, []])
    if (!dead) break
    kills += 1
  }
  expect(kills).toBeGreaterThan(10)
  expect(inBetween).toBeGreaterThan(0)
})

test('a move that is aborted after a kill leaves the present content in the file, and signs out only then', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'chaton-abort-'))
  const moves = new Moves(directory)
  for (let [n, found] = [1, false]; !found; n++) {
    const pair = { source: accounts.source, destination: (await accounts.another()).destination }
    using move = await moves.create(systemClock)
    await killedAt(n, 'after', pair, join(move.directory, 'journal.db'))
    const side = openRemoteFiles(pair.destination)
    found = (await side.stat(path))?.mtime !== time + 20_000
    const secrets = memorySecrets()
    const signedOut: (number | undefined)[] = []
    const open = async (): ReturnType<MoveServices['hosts']['open']> =>
      await Promise.resolve({ remote: pair.destination, files: side, displayName: undefined, identity: 'new', apps: async () => await Promise.resolve([]), signOut: async () => void signedOut.push((await side.stat(path))?.mtime) })
    await secrets.set(`move/${move.id}/destination/app-password`, 'secret')
    move.facts.set('destinationAddress', pair.destination.base)
    move.facts.set('destinationSignIn', { name: pair.destination.uid, by: 'login-flow' })
    const hosts = { open } as unknown as MoveServices['hosts']
    await abortMove({ moves, hosts, kinds, secrets, clock: systemClock, logger: silentLogger }, move)
    expect(signedOut).toEqual([time + 20_000])
  }
  rmSync(directory, { recursive: true, force: true })
})
