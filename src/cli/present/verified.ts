import { z } from 'zod'

/** How far the origin of an archive was checked. */
export const Verified = z.enum(['signature', 'sha512', 'nothing'])

export function verifiedWords(verified: z.infer<typeof Verified> | undefined): string {
  if (verified === 'signature') return "Nextcloud's signature and SHA-512 checked"
  if (verified === 'sha512') return 'SHA-512 checked'
  return 'origin not checked: taken as it is from this machine'
}
