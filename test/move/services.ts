import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../src/kit/clock.ts'
import { silentLogger } from '../../src/kit/log.ts'
import type { MoveEvent } from '../../src/move/events.ts'
import { Moves } from '../../src/move/moves.ts'
import type { MoveWish } from '../../src/move/prepare.ts'
import type { MoveServices } from '../../src/move/services.ts'
import { memorySecrets } from '../real/support/memory-secrets.ts'
import { fakeHosts, type FakeHosts } from './fake-hosts.ts'
import { fakeKind, type FakeKind } from './fake-kind.ts'

export interface Bench extends MoveServices {
  readonly hosts: FakeHosts
  readonly kinds: readonly FakeKind[]
  readonly secrets: ReturnType<typeof memorySecrets>
  readonly events: MoveEvent[]
  readonly conduct: { readonly report: (event: MoveEvent) => void; readonly signal: AbortSignal }
  readonly stop: (reason: unknown) => void
}

export const from = 'https://old.example'
export const to = 'https://new.example'
export const wish: MoveWish = { from, to, signIn: { source: { by: 'login-flow' }, destination: { by: 'login-flow' } }, options: {} }

/** All that moves need, with two servers in memory and a folder that goes with the test. */
export function benchFor(kinds: readonly FakeKind[] = [fakeKind('files', { a: 'one', b: 'two' }), fakeKind('contacts', { c: 'three' })], hosts = twoHosts()): Bench {
  const directory = mkdtempSync(join(tmpdir(), 'chaton-moves-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const events: MoveEvent[] = []
  const stopper = new AbortController()
  return {
    moves: new Moves(join(directory, 'moves')),
    hosts,
    kinds,
    secrets: memorySecrets(),
    clock: systemClock,
    logger: silentLogger,
    events,
    conduct: { report: (event) => events.push(event), signal: stopper.signal },
    stop: (reason) => stopper.abort(reason),
  }
}

export const twoHosts = (): FakeHosts => fakeHosts({ [from]: { accounts: ['camille'] }, [to]: { accounts: ['camille'] } })
