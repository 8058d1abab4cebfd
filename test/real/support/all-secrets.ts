import { createDecipheriv } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Everything in the encrypted file of a state directory, read by the format that src/kit/secrets-file.ts documents. */
export function allSecrets(stateDirectory: string): ReadonlyMap<string, string> {
  const sealed = readFileSync(join(stateDirectory, 'secrets.enc'))
  const head = sealed.subarray(0, sealed.indexOf('\n') + 1)
  const body = sealed.subarray(head.length)
  const decrypt = createDecipheriv('aes-256-gcm', readFileSync(join(stateDirectory, 'secrets.key')), body.subarray(0, 12), { authTagLength: 16 })
  const text = Buffer.concat([decrypt.setAAD(head).setAuthTag(body.subarray(12, 28)).update(body.subarray(28)), decrypt.final()]).toString('utf8')
  return new Map(Object.entries(JSON.parse(text) as Record<string, string>))
}
