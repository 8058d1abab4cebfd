import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { SpaceTarget } from '../../src/engine/contract.ts'
import type { EvacuationConduct, EvacuationServices, EvacuationWish, Place } from '../../src/evacuation/contract.ts'
import { abortSpaceMove } from '../../src/evacuation/abort.ts'
import { moveSpace } from '../../src/evacuation/run.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { ChatonError } from '../../src/kit/errors.ts'
import { HttpClient } from '../../src/kit/http-stream.ts'
import { lockFile } from '../../src/kit/lock.ts'
import { silentLogger } from '../../src/kit/log.ts'
import { allKinds } from '../../src/move/all-kinds.ts'
import type { Kind } from '../../src/move/contract.ts'
import { nextcloudHosts } from '../../src/move/nextcloud-hosts.ts'
import { openRemoteFiles } from '../../src/nextcloud/files/index.ts'
import { streamOf } from '../../src/nextcloud/remote.ts'
import { provision } from '../conformance/engine-steps.ts'
import { sandboxForTest } from '../engine/sandbox/setup.ts'
import { memorySecrets } from '../real/support/memory-secrets.ts'
import { remoteFor } from '../support/remote.ts'

let bench: Awaited<ReturnType<typeof open>>
beforeEach(async () => {
  bench = await open()
})
afterEach(async () => await bench.close())

async function open() {
  const { engine, newTarget, directory } = await sandboxForTest()
  const [old, young] = [newTarget({ accountCap: 5 }), newTarget({ accountCap: 5 })]
  for (const target of [old, young]) await provision(engine, target)
  const http = new HttpClient()
  const invited: string[] = []
  const place = (target: SpaceTarget): Place => ({
    engine,
    target,
    rebalance: async () => await Promise.resolve(),
    invite: async ({ userId }) => {
      invited.push(userId)
      return await Promise.resolve({ link: undefined })
    },
  })
  const secrets = memorySecrets()
  const services = (kinds: readonly Kind[] = allKinds.filter(({ name }) => name === 'files')): EvacuationServices => ({
    hosts: nextcloudHosts({ http, clock: systemClock, agent: 'test' }), kinds, secrets, clock: systemClock, logger: silentLogger, directory: join(directory, 'evacuations'), lock: lockFile,
  })
  const person = async (target: SpaceTarget, userId: string) => await remoteFor({ url: engine.address(target).url, ...(await engine.createAppPassword(target, userId, 'test')) })
  for (const userId of ['lou', 'sam']) {
    await engine.invite(old, { userId, displayName: userId, email: `${userId}@example.org`, locale: 'fr' })
    using made = await person(old, userId)
    await openRemoteFiles(made.remote).write('mine.txt', { stream: streamOf(Buffer.from(userId)), length: userId.length }, { over: 'new', mtime: 1_500_000_000 })
  }
  const wish: EvacuationWish = { source: place(old), destinations: [place(young)], kinds: ['files'], manner: 'polite', atOnce: 1, invite: true }
  return {
    engine, young, wish, services, secrets, invited, person,
    close: async () => {
      http[Symbol.dispose]()
      for (const target of [old, young]) await engine.remove(target)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const signIns = (): string[] => bench.secrets.now().filter((name) => name.endsWith('/app-password'))
const quiet = (progress: EvacuationConduct['progress'] = () => undefined, signal = new AbortController().signal): EvacuationConduct => ({ progress, signal })

async function contentOf(userId: string): Promise<string> {
  using made = await bench.person(bench.young, userId)
  const chunks: Buffer[] = []
  for await (const chunk of (await openRemoteFiles(made.remote).read('mine.txt')).stream as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

test('stopped when one account is there, then run again: everybody has moved, is invited once, and no secret is kept', async () => {
  const stopper = new AbortController()
  const stopping = quiet(({ step, state }) => {
    if (step === 'account:lou' && state === 'done') stopper.abort(new ChatonError('interrupted', 'stopped'))
  }, stopper.signal)
  await expect(moveSpace(bench.services(), bench.wish, stopping)).rejects.toMatchObject({ code: 'interrupted' })
  expect(bench.invited).toEqual([])

  const report = await moveSpace(bench.services(), bench.wish, quiet())

  expect(report.whole).toBe(true)
  expect(report.accounts.map(({ from, created, state }) => `${from} ${created} ${state}`).toSorted()).toEqual(['camille false done', 'lou true done', 'sam true done'])
  expect(await Promise.all(['lou', 'sam'].map(contentOf))).toEqual(['lou', 'sam'])
  expect(bench.invited.toSorted()).toEqual(['lou', 'sam'])
  expect([bench.secrets.seen.size > 3, signIns()]).toEqual([true, []])
  await moveSpace(bench.services(), bench.wish, quiet())
  expect(bench.invited).toHaveLength(2)
})

test('an account that fails holds up no other, and goes on with the next run; shares come in a second round', async () => {
  const rounds: string[] = []
  let broken = true
  const kind = (name: 'files' | 'shares'): Kind => ({
    name,
    inventory: async () => await Promise.resolve({ count: 1, left: [] }),
    run: async ({ source, people }) => {
      rounds.push(`${name} ${source.remote.uid}`)
      expect(people?.get('lou')).toBe('lou')
      if (broken && source.remote.uid === 'sam') throw new ChatonError('conflict', 'out of order')
      return await Promise.resolve({ moved: 1, alreadyThere: 0, refused: [] })
    },
    verify: async () => await Promise.resolve({ checked: 1, differing: [] }),
  })
  const services = bench.services([kind('files'), kind('shares')])
  const wish: EvacuationWish = { ...bench.wish, kinds: undefined }

  const first = await moveSpace(services, wish, quiet())
  expect(first.accounts.map(({ from, state }) => `${from} ${state}`).toSorted()).toEqual(['camille done', 'lou done', 'sam failed'])
  expect(first.whole).toBe(false)
  expect(bench.invited).toEqual([])
  const firstShares = rounds.findIndex((round) => round.startsWith('shares'))
  expect(rounds.slice(0, firstShares)).toContain('files sam')
  expect(rounds.filter((round) => round.startsWith('shares sam'))).toEqual([])

  broken = false
  const second = await moveSpace(services, wish, quiet())
  expect(second.whole).toBe(true)
  expect(rounds.at(-1)).toBe('shares sam')
})

test('given up: no account stays signed in, what has moved stays', async () => {
  const stopper = new AbortController()
  const stopping = quiet(({ step, state }) => {
    if (step === 'account:lou' && state === 'done') stopper.abort(new ChatonError('interrupted', 'stopped'))
  }, stopper.signal)
  await moveSpace(bench.services(), bench.wish, stopping).catch(() => undefined)

  expect(signIns()).not.toEqual([])
  expect(await abortSpaceMove(bench.services(), bench.wish)).toContain('lou')
  expect(signIns()).toEqual([])
  expect(await abortSpaceMove(bench.services(), bench.wish)).toEqual([])
  expect(await contentOf('lou')).toBe('lou')
})
