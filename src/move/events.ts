import type { MoveProgress } from './contract.ts'
import type { SideName } from './facts.ts'
import type { KindName } from './kinds.ts'

export type Stage = 'sign-in' | 'inventory' | 'copy' | 'again' | 'check' | 'report' | 'sign-out'

/** What a move tells while it works; presenters thin it out. */
export type MoveEvent =
  | { readonly event: 'stage'; readonly stage: Stage; readonly pass?: number }
  /** The person has to open this address in a browser and agree; `address` is that of the host. */
  | { readonly event: 'sign-in'; readonly side: SideName; readonly address: string; readonly login: string }
  | { readonly event: 'signed-in'; readonly side: SideName; readonly address: string; readonly account: string }
  | { readonly event: 'kind'; readonly kind: KindName; readonly state: 'started' | 'done' | 'failed'; readonly message?: string }
  | ({ readonly event: 'progress' } & MoveProgress)
  /** Every request to this host rests for so long. */
  | { readonly event: 'wait'; readonly side: SideName; readonly reason: string; readonly milliseconds: number }

export type MoveReporter = (event: MoveEvent) => void
