import { randomName, randomWord } from '../../kit/random.ts'
import type { SecretStore } from '../../kit/secrets.ts'
import type { SpaceSecrets } from './settings.ts'

/** Names in the secret store, under `space/<uid>/`. */
export const secretNames = { instanceId: 'instance-id', secret: 'secret', passwordSalt: 'password-salt' } as const

/** Secrets of the space's config.php, made at first sight. An instance id is `oc` and ten letters or digits, as Nextcloud makes them. */
export async function secretsOf(secrets: SecretStore, uid: string): Promise<SpaceSecrets> {
  const prefix = `space/${uid}`
  const [instanceId, secret, passwordSalt] = await Promise.all([
    secrets.getOrCreate(`${prefix}/${secretNames.instanceId}`, () => `oc${randomName(10)}`),
    secrets.getOrCreate(`${prefix}/${secretNames.secret}`, () => randomWord(48)),
    secrets.getOrCreate(`${prefix}/${secretNames.passwordSalt}`, () => randomWord(30)),
  ])
  return { instanceId, secret, passwordSalt }
}
