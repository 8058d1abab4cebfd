import { expect, test } from 'vitest'
import { isPrivateAddress } from '../../src/kit/net.ts'

test.each(['127.0.0.1', '10.1.2.3', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '255.255.255.255', '::', '::1', '[::1]', 'fe80::1%eth0', 'fd00::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::10.0.0.1', '2002:7f00:1::'])(
  '%s is not of the public internet',
  (address) => {
    expect(isPrivateAddress(address)).toBe(true)
  },
)

test.each(['8.8.8.8', '172.32.0.1', '192.169.0.1', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8', 'cloud.example.org', ''])('%s is not private', (address) => {
  expect(isPrivateAddress(address)).toBe(false)
})
