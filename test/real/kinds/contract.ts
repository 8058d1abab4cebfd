import type { KindName } from '../../../src/move/kinds.ts'
import type { PersonForTest } from '../support/spaces.ts'

/** What an account holds of one kind, and how another program finds it at the new host: nothing here goes through `src/move/`. */
export interface KindFixture {
  readonly kind: KindName
  /** Fills the account at the source: by plain requests or occ. At the destination, only what a move needs there (other people). */
  plant(source: PersonForTest, destination: PersonForTest): Promise<void>
  /** Looks at both sides after the move; throws (expect) where something is not as it is to be. */
  check(source: PersonForTest, destination: PersonForTest): Promise<void>
}
