import { ChatonError } from '../../src/kit/errors.ts'
import type { Account, App, Hosts, SignIn } from '../../src/move/hosts.ts'
import type { RemoteFiles } from '../../src/nextcloud/files/contract.ts'
import type { Remote } from '../../src/nextcloud/remote.ts'

export interface FakeServer {
  readonly accounts: readonly string[]
  readonly version?: string
  readonly apps?: readonly App[]
  readonly freeBytes?: number
  /** Answers nothing at all. */
  down?: boolean
  /** So many of the next requests with a sign-in get no answer. */
  mute?: number
}

export interface FakeHosts extends Hosts {
  /** App passwords that work now, as `address account password`. */
  readonly tokens: Set<string>
  /** Who agrees to the next sign-in at each address. */
  readonly person: Map<string, string>
  readonly servers: Readonly<Record<string, FakeServer>>
}

/** Servers in memory, at addresses such as `https://old.example`. Another address in `alias` leads to the same server. */
export function fakeHosts(servers: Readonly<Record<string, FakeServer>>, alias: Readonly<Record<string, string>> = {}): FakeHosts {
  const tokens = new Set<string>()
  const person = new Map<string, string>()
  let made = 0
  const serverAt = (address: string): FakeServer => {
    const server = servers[alias[address] ?? address]
    if (server === undefined) throw new ChatonError('bad-input', `${address} is not a Nextcloud`)
    if (server.down === true) throw new ChatonError('remote-failed', `no answer from ${address}`, { retryable: true })
    return server
  }
  const tokenOf = (address: string, { name, password }: SignIn): string => `${alias[address] ?? address} ${name} ${password}`
  return {
    tokens,
    person,
    servers,
    find: async (address) => await Promise.resolve({ address, version: serverAt(address).version ?? '32.0.1' }),
    beginSignIn: async ({ address }) => {
      const server = serverAt(address)
      const name = person.get(address) ?? server.accounts[0] ?? ''
      return await Promise.resolve({
        login: `${address}/login/v2/flow/x`,
        granted: async () => {
          const signIn = { name, password: `app-password-${(made += 1)}` }
          tokens.add(tokenOf(address, signIn))
          return await Promise.resolve(signIn)
        },
      })
    },
    open: async ({ address }, signIn) => {
      const server = serverAt(address)
      if ((server.mute ?? 0) > 0) {
        server.mute = (server.mute ?? 0) - 1
        throw new ChatonError('remote-failed', `the answer of ${address} broke off`, { retryable: true })
      }
      if (!tokens.has(tokenOf(address, signIn))) throw new ChatonError('remote-failed', `${address}: the server answered 401`, { data: { status: 401 } })
      return await Promise.resolve(accountOf(server, { address, identity: `${alias[address] ?? address}#${signIn.name}`, name: signIn.name, signOut: () => tokens.delete(tokenOf(address, signIn)) }))
    },
  }
}

function accountOf({ version = '32.0.1', freeBytes, apps = [] }: FakeServer, at: { address: string; identity: string; name: string; signOut: () => unknown }): Account {
  const remote: Remote = {
    base: at.address,
    uid: at.name,
    facts: { version, major: Number(version.split('.')[0]), capabilities: {} },
    send: async () => await Promise.reject(new Error('the fake server takes no requests')),
  }
  const files = { freeBytes: async () => await Promise.resolve(freeBytes), list: async function* () {} } as unknown as RemoteFiles
  return {
    remote,
    files,
    displayName: undefined,
    identity: at.identity,
    apps: async () => await Promise.resolve(apps),
    signOut: async () => {
      at.signOut()
      await Promise.resolve()
    },
  }
}
