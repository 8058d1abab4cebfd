import { expect, test } from 'vitest'
import { newSigningKey, publicKeyOf, sign, verifySignature } from '../../src/kit/signature.ts'

const key = newSigningKey()

test('a signature is good for its text and its key alone', () => {
  const signature = sign(key, 'bonjour')

  expect(verifySignature(publicKeyOf(key), 'bonjour', signature)).toBe(true)
  expect(verifySignature(publicKeyOf(key), 'bonsoir', signature)).toBe(false)
  expect(verifySignature(publicKeyOf(newSigningKey()), 'bonjour', signature)).toBe(false)
})

test('RFC 8032, section 7.1, TEST 2', () => {
  const publicKey = Buffer.from('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', 'hex').toString('base64url')
  const signature = Buffer.from('92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00', 'hex').toString('base64url')

  expect(verifySignature(publicKey, 'r', signature)).toBe(true)
})

test.each([
  ['', 'x'],
  ['not a key', 'not a signature'],
  ['AAAA', ''],
])('what is no key or no signature verifies nothing: %j', (publicKey, signature) => {
  expect(verifySignature(publicKey, 'bonjour', signature)).toBe(false)
})
