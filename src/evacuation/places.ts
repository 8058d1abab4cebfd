import { inviteAccount } from '../spaces/accounts.ts'
import { requireSpace, targetOfStored, type SpacesContext } from '../spaces/context.ts'
import { rebalance } from '../spaces/rebalance.ts'
import type { Place } from './contract.ts'

/** A space of this machine. Throws `not-found`. */
export async function placeOf(context: SpacesContext, slug: string): Promise<Place> {
  const space = await requireSpace(context.store, slug)
  const target = await targetOfStored(context, space)
  return {
    engine: context.engine,
    target,
    rebalance: async () => void (await rebalance(context, space, { target })),
    invite: async ({ userId, name, email }) => ({ link: (await inviteAccount(context, slug, { userId, name, email, dryRun: false })).link }),
  }
}

/** The slug of the space of this machine that has this address; undefined for an address of somebody else's. */
export async function slugAt(context: SpacesContext, given: string): Promise<string | undefined> {
  const spaces = await context.store.list('Space')
  if (spaces.some(({ metadata }) => metadata.name === given)) return given
  const host = hostOf(given)
  if (host === undefined) return given
  for (const space of spaces) {
    const target = await targetOfStored(context, space)
    if ([target.domain, hostOf(context.engine.address(target).url)].includes(host)) return space.metadata.name
  }
  return undefined
}

/** Host with port of an address; undefined for a plain name. Pure. */
export function hostOf(given: string): string | undefined {
  const url = /^https?:\/\//.test(given) ? given : `https://${given}`
  return /[.:]/.test(given) && URL.canParse(url) ? new URL(url).host : undefined
}
