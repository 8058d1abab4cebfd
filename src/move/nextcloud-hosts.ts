import type { Clock } from '../kit/clock.ts'
import type { HttpClient } from '../kit/http-stream.ts'
import { readApps, readIdentity } from '../nextcloud/account.ts'
import { discover } from '../nextcloud/discover/index.ts'
import { openRemoteFiles } from '../nextcloud/files/index.ts'
import { awaitGrant, beginSignIn, openAccount, revoke } from '../nextcloud/sign-in.ts'
import type { Account, Hosts } from './hosts.ts'
import { patientHosts } from './patient-hosts.ts'

export interface HostsOptions {
  /** Refuses private addresses where the mover is not the machine's owner. */
  readonly http: HttpClient
  readonly clock: Clock
  /** Shown to the person where they agree, and in their list of devices. */
  readonly agent: string
}

/** Real servers. */
export function nextcloudHosts({ http, clock, agent }: HostsOptions): Hosts {
  const hosts: Hosts = {
    find: async (address, { allowPlainHttp }) => {
      const { base, version } = await discover(address, { http, allowPlainHttp })
      return { address: base, version }
    },
    beginSignIn: async ({ address }) => {
      const pending = await beginSignIn({ http, base: address, agent })
      return {
        login: pending.login,
        granted: async (signal) => {
          const { loginName, appPassword } = await awaitGrant(pending, { http, clock, signal })
          return { name: loginName, password: appPassword }
        },
      }
    },
    open: async ({ address }, { name, password }): Promise<Account> => {
      const { remote, user } = await openAccount({ http, base: address, user: name, password })
      return {
        remote,
        files: openRemoteFiles(remote),
        displayName: user.displayname ?? user['display-name'],
        identity: await readIdentity(remote),
        apps: async () => await readApps(remote),
        signOut: async () => void (await revoke(remote)),
      }
    },
  }
  return patientHosts(hosts, clock)
}
