import type { Clock } from '../../../kit/clock.ts'
import type { Sites } from '../parts.ts'
import { CaddySites, type CaddySitesOptions } from './sites.ts'

/** The web sites of spaces, by Caddy. */
export function caddySites(options: CaddySitesOptions & { readonly clock: Clock }): Sites {
  return new CaddySites(options)
}
