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
const ipv4Ranges = [['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.0.2.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 3]] as const
const ipv6Ranges = [['::', 96], ['64:ff9b:1::', 48], ['100::', 64], ['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['fc00::', 7], ['fe80::', 10], ['fec0::', 10], ['ff00::', 8]] as const
for (const [network, prefix] of ipv4Ranges) {
  privateRanges.addSubnet(network, prefix, 'ipv4')
  // The same behind a translator (NAT64, RFC 6052).
  privateRanges.addSubnet(`64:ff9b::${network}`, prefix + 96, 'ipv6')
}
for (const [network, prefix] of ipv6Ranges) privateRanges.addSubnet(network, prefix, 'ipv6')

/** Loopback, link-local, private, carrier, test, tunnel and multicast ranges (RFC 6890), also inside IPv6: addresses that the public internet does not reach. Anything else but an IP address is not one. */
export function isPrivateAddress(address: string): boolean {
  const plain = address.replaceAll(/^\[|\]$|%.*$/g, '')
  const kind = isIP(plain)
  return kind !== 0 && privateRanges.check(plain, kind === 6 ? 'ipv6' : 'ipv4')
}
