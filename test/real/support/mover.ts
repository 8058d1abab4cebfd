import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../../src/kit/clock.ts'
import { HttpClient, type StreamAnswer, type StreamRequest } from '../../../src/kit/http-stream.ts'
import { silentLogger } from '../../../src/kit/log.ts'
import { calendars } from '../../../src/move/calendars/index.ts'
import { contacts } from '../../../src/move/contacts/index.ts'
import type { MoveEvent } from '../../../src/move/events.ts'
import { files } from '../../../src/move/files/index.ts'
import { Moves } from '../../../src/move/moves.ts'
import { nextcloudHosts } from '../../../src/move/nextcloud-hosts.ts'
import type { MoveWish } from '../../../src/move/prepare.ts'
import { planMove, runMove, type RunResult } from '../../../src/move/run.ts'
import type { MoveServices } from '../../../src/move/services.ts'
import { memorySecrets } from './memory-secrets.ts'

/** Does not wait for silent servers as long as people would. */
class ImpatientClient extends HttpClient {
  readonly #idleMs: number

  constructor(idleMs: number) {
    super()
    this.#idleMs = idleMs
  }

  override async send(url: string, options: StreamRequest = {}): Promise<StreamAnswer> {
    return await super.send(url, { ...options, idleTimeoutMs: Math.min(this.#idleMs, options.idleTimeoutMs ?? this.#idleMs) })
  }
}

/** Time passes as ever, and at once where somebody sleeps; `skewMs` ahead of that of the machine. */
export function hastyClock(skewMs = 0): Clock {
  let skipped = skewMs
  return {
    now: () => new Date(Date.now() + skipped),
    async sleep(milliseconds, signal) {
      await delay(Math.min(milliseconds, 10), undefined, signal ? { signal } : {})
      skipped += milliseconds
    },
  }
}

export interface MoverSide {
  readonly url: string
  readonly userId: string
  readonly password: string
}

export interface Mover extends Disposable {
  readonly events: readonly MoveEvent[]
  /** Looks at both sides; sizes of bodies are then those of a small fixture. */
  plan(): Promise<void>
  /** The whole move, or what is left of it; another app password for a side whose own was revoked. */
  run(passwords?: { readonly source?: string; readonly destination?: string }): Promise<RunResult>
}

interface MoverOptions {
  readonly source: MoverSide
  readonly destination: MoverSide
  readonly clock?: Clock
  /** For requests without a byte. */
  readonly idleMs?: number
  readonly limits?: Readonly<Record<string, number>>
}

/** Bounds of bodies, for the journal: the large file of the fixture goes in parts. */
export const smallParts = { wholeMost: 10_000_000, triedMost: 0, chunkMost: 2_500_000 }

/** The whole mover but for its command line, with a state directory that goes with it. */
export function openMover({ source, destination, clock = hastyClock(), idleMs = 60_000, limits = smallParts }: MoverOptions): Mover {
  const directory = mkdtempSync(join(tmpdir(), 'chaton-mover-'))
  const http = new ImpatientClient(idleMs)
  const services: MoveServices = {
    moves: new Moves(join(directory, 'moves')),
    hosts: nextcloudHosts({ http, clock, agent: 'chaton (test)' }),
    kinds: [files, calendars, contacts],
    secrets: memorySecrets(),
    clock,
    logger: silentLogger,
  }
  const events: MoveEvent[] = []
  const conduct = { report: (event: MoveEvent) => void events.push(event), signal: new AbortController().signal }
  const byPassword = ({ userId, password }: MoverSide, other?: string) => ({ by: 'app-password' as const, name: userId, password: async () => await Promise.resolve(other ?? password) })
  const wish = (passwords: { readonly source?: string; readonly destination?: string } = {}): MoveWish => ({
    from: source.url,
    to: destination.url,
    signIn: { source: byPassword(source, passwords.source), destination: byPassword(destination, passwords.destination) },
    options: {},
  })
  return {
    events,
    async plan() {
      const { move: id } = await planMove(services, wish(), conduct)
      using move = await services.moves.open(id)
      move.journal.setFact('files.limits', JSON.stringify(limits))
    },
    run: async (passwords) => await runMove(services, wish(passwords), { conduct, options: { keepOpen: false, acceptShrink: false } }),
    [Symbol.dispose]() {
      http[Symbol.dispose]()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
