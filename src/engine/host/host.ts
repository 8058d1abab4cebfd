import type { Config } from '../../config/options.ts'
import type { Clock } from '../../kit/clock.ts'
import type { Logger } from '../../kit/log.ts'
import type { SecretStore } from '../../kit/secrets.ts'
import type { Volumes } from '../../volume/contract.ts'
import type { Engine } from '../contract.ts'
import { Agents } from './agent.ts'
import { chooseDatabases } from './databases/choose.ts'
import { engineOf } from './engine.ts'
import { GoldenSpaces } from './golden.ts'
import type { HostParts } from './host-parts.ts'
import { hostSpaces } from './host-spaces.ts'
import { nextcloudThrough } from './nextcloud.ts'
import type { Sites, Supervisor } from './parts.ts'
import { findPhp } from './processes/php-binary.ts'
import { HostProcesses } from './processes/processes.ts'
import { spaceRecords } from './records.ts'
import { chooseSupervisor } from './supervisor/supervisor.ts'
import { unixUsers } from './users.ts'

export interface HostEngineDeps {
  readonly config: Config
  readonly secrets: SecretStore
  readonly clock: Clock
  readonly logger: Logger
  readonly volumes: Volumes
  readonly sites: (supervisor: Supervisor) => Sites
}

export interface HostEngine extends Engine {
  /** Makes the golden space of an installed release, so that the first provision need not wait for it. Repeatable. */
  prepareGolden(release: string): Promise<void>
  /** Removes the golden space of a release that goes. Repeatable. */
  forgetGolden(release: string): Promise<void>
  /** Ends what was kept ready for further questions. */
  close(): Promise<void>
  readonly parts: HostParts
}

/** The host engine with its parts for this machine: systemd or our own supervisor, PostgreSQL or SQLite. */
export async function hostEngine({ config, secrets, clock, logger, volumes, sites }: HostEngineDeps): Promise<HostEngine> {
  const php = async (): Promise<string> => (await findPhp()).cli
  const users = unixUsers(config, clock)
  const supervisor = await chooseSupervisor(config, clock)
  const processes = new HostProcesses({ config, supervisor })
  const databases = await chooseDatabases({ config, secrets, users, clock, php, processes })
  const agents = new Agents({ php, processes, prepare: (space) => processes.ensureRedis(space) })
  const nextcloud = nextcloudThrough(agents)
  const goldenAgents = new Agents({ php, processes })
  const golden = new GoldenSpaces({ config, secrets, clock, logger, users, databases, processes, php, agents: goldenAgents, nextcloud: nextcloudThrough(goldenAgents) })
  const parts: HostParts = {
    config, secrets, clock, logger, volumes, users, supervisor, processes, databases, php, agents, nextcloud, golden,
    sites: sites(supervisor),
    spaces: hostSpaces(config, users, volumes),
    records: spaceRecords(config),
  }
  return {
    ...engineOf(parts),
    parts,
    async close() {
      await Promise.all([agents.closeAll(), goldenAgents.closeAll()])
    },
    async prepareGolden(release) {
      await golden.prepare(release)
    },
    async forgetGolden(release) {
      for (const id of await golden.list()) if ((await golden.byId(id))?.release === release) await golden.remove(id)
    },
  }
}
