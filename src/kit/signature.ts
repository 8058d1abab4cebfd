import { createPrivateKey, createPublicKey, generateKeyPairSync, sign as signBytes, verify as verifyBytes, type KeyObject } from 'node:crypto'

/** Ed25519 (RFC 8032). Keys and signatures are texts: base64url without padding (RFC 4648). */

/** A new private key: PKCS #8. A secret. */
export function newSigningKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64url')
}

/** The 32 bytes of the public key, 43 characters. */
export function publicKeyOf(signingKey: string): string {
  return createPublicKey(privateKey(signingKey)).export({ format: 'jwk' }).x ?? ''
}

/** 64 bytes, 86 characters. */
export function sign(signingKey: string, text: string): string {
  return signBytes(null, Buffer.from(text), privateKey(signingKey)).toString('base64url')
}

/** False also where the key or the signature is not one. */
export function verifySignature(publicKey: string, text: string, signature: string): boolean {
  try {
    const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: publicKey } })
    return verifyBytes(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'))
  } catch {
    return false
  }
}

const privateKey = (signingKey: string): KeyObject => createPrivateKey({ key: Buffer.from(signingKey, 'base64url'), format: 'der', type: 'pkcs8' })
