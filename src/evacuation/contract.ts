import type { Engine, SpaceTarget } from '../engine/contract.ts'
import type { Lock } from '../kit/lock.ts'
import type { Manner } from '../move/pace.ts'
import type { KindName } from '../move/kinds.ts'
import type { Conduct, MoveServices } from '../move/services.ts'
import type { Progress } from '../spaces/progress.ts'

/** One of the spaces of an evacuation, with the rights of its hoster. */
export interface Place {
  readonly engine: Engine
  readonly target: SpaceTarget
  /** Shares what is left of the pool among the accounts anew. */
  rebalance(): Promise<void>
  /** Sends the invitation, or answers its link where no mail can be sent. */
  invite(person: Person): Promise<{ readonly link: string | undefined }>
}

export interface Person {
  readonly userId: string
  readonly name: string
  readonly email: string
}

/** What the hoster wants: everybody of one space in another one, or spread over several. */
export interface EvacuationWish {
  readonly source: Place
  readonly destinations: readonly Place[]
  readonly kinds: readonly KindName[] | undefined
  readonly manner: Manner
  /** Accounts that move at the same time. */
  readonly atOnce: number
  /** Invite everybody who has a new account, once all have moved. */
  readonly invite: boolean
}

export interface EvacuationServices extends Omit<MoveServices, 'moves'> {
  /** A folder for each evacuation: what it has decided, a journal for each account, the reports. */
  readonly directory: string
  lock(path: string, what: string): Promise<Lock>
}

export interface EvacuationConduct extends Pick<Conduct, 'signal'> {
  readonly progress: Progress
}
