import type { Clock } from '../kit/clock.ts'
import type { Logger } from '../kit/log.ts'
import type { SecretStore } from '../kit/secrets.ts'
import type { Kind } from './contract.ts'
import type { MoveReporter } from './events.ts'
import type { Hosts } from './hosts.ts'
import type { Moves } from './moves.ts'

/** What moves work with. */
export interface MoveServices {
  readonly moves: Moves
  readonly hosts: Hosts
  /** All that can be carried, in the order in which it is carried. */
  readonly kinds: readonly Kind[]
  readonly secrets: SecretStore
  readonly clock: Clock
  readonly logger: Logger
}

/** Of one run. */
export interface Conduct {
  readonly report: MoveReporter
  readonly signal: AbortSignal
}
