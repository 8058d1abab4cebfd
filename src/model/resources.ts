import { Plan } from './plan.ts'
import { Space } from './space.ts'

/** Every kind, with its schema. The store, the reference pages and later the CRDs are made from this table. */
export const kinds = { Plan, Space } as const

export type Kind = keyof typeof kinds
export interface ResourceOf {
  Plan: Plan
  Space: Space
}
export type Resource = ResourceOf[Kind]

/**
 * Words that no two resources of a kind may share, besides their name. The store refuses a second holder.
 * A space claims its own domain, and the loopback port given to it.
 */
export function uniqueKeys(resource: Resource): string[] {
  if (resource.kind !== 'Space') return []
  const { domain } = resource.spec
  const port = resource.status?.port
  return [...(domain === undefined ? [] : [`domain:${domain}`]), ...(port === undefined ? [] : [`port:${port}`])]
}
