import { lookup } from 'node:dns/promises'
import { BlockList, createServer, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

/** True if nothing listens on this port of 127.0.0.1. */
export async function isPortFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/** Addresses that a name resolves to, by the machine's own resolver; empty where it does not resolve. */
export async function addressesOf(name: string): Promise<readonly string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address)
  } catch {
    return []
  }
}

/** Addresses of this machine's own interfaces. */
export function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map(({ address }) => address))
}

const privateRanges = new BlockList()
for (const [network, prefix] of [['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.168.0.0', 16]] as const) privateRanges.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of [['::', 127], ['fc00::', 7], ['fe80::', 10]] as const) privateRanges.addSubnet(network, prefix, 'ipv6')

/** Loopback, link-local, private and carrier ranges (RFC 6890): addresses that the public internet does not reach. Anything else but an IP address is not one. */
export function isPrivateAddress(address: string): boolean {
  const plain = address.replace(/^\[|\]$/g, '')
  const kind = isIP(plain)
  return kind !== 0 && privateRanges.check(plain, kind === 6 ? 'ipv6' : 'ipv4')
}
