import { z } from 'zod'
import type { RemoteFacts } from '../remote.ts'
import type { SharingAbilities } from './contract.ts'

const Flag = z.boolean().catch(false)
const Capabilities = z.looseObject({
  api_enabled: z.boolean().catch(true),
  group_sharing: z.boolean().catch(true),
  public: z.looseObject({ enabled: Flag, password: z.looseObject({ enforced: Flag }).optional() }).catch({ enabled: false }),
  federation: z.looseObject({ outgoing: Flag, incoming: Flag }).catch({ outgoing: false, incoming: false }),
})

const none: SharingAbilities = { on: false, links: false, passwordEnforced: false, groups: false, federation: { outgoing: false, incoming: false }, silent: false }

/** Shape: apps/files_sharing/lib/Capabilities.php. Pure. */
export function sharingAbilities({ capabilities, major }: RemoteFacts): SharingAbilities {
  const { data } = Capabilities.safeParse(capabilities['files_sharing'])
  if (data?.api_enabled !== true) return none
  const { outgoing, incoming } = data.federation
  return { on: true, links: data.public.enabled, passwordEnforced: data.public.password?.enforced === true, groups: data.group_sharing, federation: { outgoing, incoming }, silent: major >= 30 }
}
