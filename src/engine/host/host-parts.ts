import type { Config } from '../../config/options.ts'
import type { Clock } from '../../kit/clock.ts'
import type { Logger } from '../../kit/log.ts'
import type { SecretStore } from '../../kit/secrets.ts'
import type { Volumes } from '../../volume/contract.ts'
import type { Agents } from './agent.ts'
import type { GoldenSpaces } from './golden.ts'
import type { HostSpaces } from './host-spaces.ts'
import type { Nextcloud } from './nextcloud.ts'
import type { Databases, Sites, SpaceProcesses, Supervisor } from './parts.ts'
import type { SpaceRecords } from './records.ts'
import type { UnixUsers } from './users.ts'

/** Everything that the host engine is put together from. */
export interface HostParts {
  readonly config: Config
  readonly secrets: SecretStore
  readonly clock: Clock
  readonly logger: Logger
  readonly volumes: Volumes
  readonly users: UnixUsers
  readonly supervisor: Supervisor
  readonly processes: SpaceProcesses
  readonly sites: Sites
  readonly databases: Databases
  /** PHP's command line. Throws `machine-not-ready` where there is none. */
  readonly php: () => Promise<string>
  readonly agents: Agents
  readonly nextcloud: Nextcloud
  readonly golden: GoldenSpaces
  readonly spaces: HostSpaces
  readonly records: SpaceRecords
}
