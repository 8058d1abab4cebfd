import { join } from 'node:path'
import type { Config } from '../../../config/options.ts'
import type { Clock } from '../../../kit/clock.ts'
import { exists } from '../../../kit/files.ts'
import type { Supervisor } from '../parts.ts'
import { OwnSupervisor } from './own.ts'
import { SystemdSupervisor } from './systemd.ts'

/** sd_booted(3): this directory exists where systemd is the init system. */
export const systemdMark = '/run/systemd/system'

/** The supervisor that the configuration asks for; with `auto`, systemd where it runs. */
export async function chooseSupervisor(config: Pick<Config, 'supervisor' | 'stateDirectory'>, clock: Clock): Promise<Supervisor> {
  const directory = join(config.stateDirectory, 'units')
  const systemd = config.supervisor === 'systemd' || (config.supervisor === 'auto' && (await exists(systemdMark)))
  return systemd ? new SystemdSupervisor({ directory, clock }) : new OwnSupervisor({ directory, clock })
}
