import { describe, expect, it } from 'vitest'
import { isPrivateAddress } from '../../src/kit/net.ts'

describe('src/kit/net', () => {
  it.each(['127.0.0.1', '127.9.9.9', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '::1', '[::1]', '::', 'fe80::1', 'fd12::1', '::ffff:127.0.0.1', '::ffff:a00:1', 'fe80::1%eth0', '224.0.0.1', '198.18.0.1', '64:ff9b::10.0.0.1', '2002:7f00:1::', '::7f00:1', '2001:0:4136:e378:8000:63bf:3fff:fdd2', '2001:db8::1', 'fec0::1', 'ff02::1', '203.0.113.9', '255.255.255.255'])('%s is of this machine or its network', (address) => {
    expect(isPrivateAddress(address)).toBe(true)
  })

  it.each(['8.8.8.8', '172.32.0.1', '192.169.0.1', '2001:4860:4860::8888', '2001:67c:2e8::1', '2a01:4f8::1', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8', 'localhost', 'example.org', ''])('%s is not', (address) => {
    expect(isPrivateAddress(address)).toBe(false)
  })
})
