import type { SecretStore } from '../../../src/kit/secrets.ts'
import { registerSecret } from '../../../src/kit/mask.ts'

/** Keeps secrets for one test; `seen` remembers also those that were deleted, `now` names those that are kept. */
export function memorySecrets(): SecretStore & { readonly seen: ReadonlyMap<string, string>; readonly now: () => string[] } {
  const now = new Map<string, string>()
  const seen = new Map<string, string>()
  const set = (name: string, value: string): string => {
    now.set(name, registerSecret(value))
    seen.set(name, value)
    return value
  }
  return {
    seen,
    now: () => [...now.keys()],
    get: async (name) => await Promise.resolve(now.get(name)),
    async set(name, value) {
      await Promise.resolve(set(name, value))
    },
    getOrCreate: async (name, make) => await Promise.resolve(now.get(name) ?? set(name, make())),
    async deleteAll(prefix) {
      for (const name of now.keys()) if (name.startsWith(prefix)) now.delete(name)
      await Promise.resolve()
    },
  }
}
