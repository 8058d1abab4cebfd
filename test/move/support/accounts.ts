import { mkdtempSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SpaceTarget } from '../../../src/engine/contract.ts'
import { systemClock, type Clock } from '../../../src/kit/clock.ts'
import { silentLogger } from '../../../src/kit/log.ts'
import { randomName } from '../../../src/kit/random.ts'
import type { MoveContext, MoveProgress, Side } from '../../../src/move/contract.ts'
import { MoveJournal } from '../../../src/move/journal.ts'
import { Pace, type Manner } from '../../../src/move/pace.ts'
import { openRemoteFiles } from '../../../src/nextcloud/files/index.ts'
import type { Remote } from '../../../src/nextcloud/remote.ts'
import { provision } from '../../conformance/engine-steps.ts'
import { sandboxForTest } from '../../engine/sandbox/setup.ts'
import { remoteFor, type RemoteForTest } from '../../support/remote.ts'

export interface Pair {
  readonly source: Remote
  readonly destination: Remote
}

export interface Accounts extends Pair, AsyncDisposable {
  /** Accounts that nobody has used, on the same two spaces. */
  another(): Promise<Pair>
}

/** An account on each of two sandbox spaces. */
export async function twoAccounts(): Promise<Accounts> {
  const { engine, newTarget, directory } = await sandboxForTest()
  const targets = [newTarget({ accountCap: 500 }), newTarget({ accountCap: 500 })] as const
  for (const target of targets) await provision(engine, target)
  const made: RemoteForTest[] = []
  const open = async (target: SpaceTarget, userId: string): Promise<Remote> => {
    const account = await remoteFor({ url: engine.address(target).url, ...(await engine.createAppPassword(target, userId, 'move')) })
    made.push(account)
    return account.remote
  }
  const another = async (): Promise<Pair> => {
    const userId = randomName(10)
    for (const target of targets) await engine.invite(target, { userId, displayName: 'Camille', email: `${userId}@example.org`, locale: 'fr' })
    return { source: await open(targets[0], userId), destination: await open(targets[1], userId) }
  }
  return {
    source: await open(targets[0], targets[0].administrator),
    destination: await open(targets[1], targets[1].administrator),
    another,
    async [Symbol.asyncDispose]() {
      for (const one of made) one[Symbol.dispose]()
      for (const target of targets) await engine.remove(target)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

export interface MoveForTest extends MoveContext, Disposable {
  readonly told: MoveProgress[]
}

export interface MoveSettings {
  readonly source: Remote
  readonly destination: Remote
  /** Path of the journal, to go on with. */
  readonly journal: string
  readonly clock?: Clock
  readonly manner?: Manner
}

export function moveBetween({ source, destination, journal: path, clock = systemClock, manner = 'fast' }: MoveSettings): MoveForTest {
  const journal = new MoveJournal(path)
  const { signal } = new AbortController()
  const side = (remote: Remote): Side => ({ remote, files: openRemoteFiles(remote), pace: new Pace({ clock, manner, signal }) })
  const told: MoveProgress[] = []
  return {
    source: side(source),
    destination: side(destination),
    journal,
    clock,
    logger: silentLogger,
    signal,
    told,
    progress: (event) => void told.push(event),
    [Symbol.dispose]: () => journal[Symbol.dispose](),
  }
}

/** A path for a journal in a directory that is removed with it. */
export function newJournal(): Disposable & { readonly path: string } {
  const directory = mkdtempSync(join(tmpdir(), 'chaton-move-'))
  return { path: join(directory, 'journal.sqlite'), [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) }
}

/** Time that passes only while somebody sleeps. */
export function patientClock(start = 1_900_000_000_000): Clock & { readonly slept: () => number } {
  let now = start
  return {
    now: () => new Date(now),
    slept: () => now - start,
    sleep: async (milliseconds) => {
      now += milliseconds
      await Promise.resolve()
    },
  }
}
