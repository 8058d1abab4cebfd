import { z } from 'zod'

export const apiVersion = 'chaton.hosting/v1alpha1'

/** What every resource carries, as in Kubernetes. All but `name` is written by the store. */
export const Metadata = z
  .strictObject({
    name: z.string().min(1).max(253).describe('Name of the resource, unique for its kind.'),
    uid: z.string().optional().describe('Identity for life, given by the store; a name used again gets a new one.'),
    resourceVersion: z.string().optional().describe('Changes with every write; an update must carry the one it read.'),
    generation: z.int().optional().describe('Counts the changes of `spec`.'),
    creationTimestamp: z.iso.datetime().optional().describe('When the store first kept it.'),
    labels: z.record(z.string(), z.string()).optional().describe('Words to select by.'),
    annotations: z.record(z.string(), z.string()).optional().describe('Notes of tools and people.'),
  })
  .describe('Identity of a resource.')
export type Metadata = z.infer<typeof Metadata>

/** One observed fact about a resource, as in Kubernetes. */
export const Condition = z.strictObject({
  type: z.string().describe('What is judged, for example `Ready`, `PoolWithinLimit`, `AccountsWithinCap`.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
  reason: z.string().describe('A constant word for programs.'),
  message: z.string().describe('A sentence for people, with what they can do.'),
  lastTransitionTime: z.iso.datetime().describe('When the status last changed.'),
})
export type Condition = z.infer<typeof Condition>

/** The list with `next` put in; the time of transition moves only when the status does. Pure. */
export function withCondition(
  conditions: readonly Condition[],
  next: Omit<Condition, 'lastTransitionTime'>,
  now: Date,
): Condition[] {
  const before = conditions.find((condition) => condition.type === next.type)
  const lastTransitionTime = before?.status === next.status ? before.lastTransitionTime : now.toISOString()
  const condition = { ...next, lastTransitionTime }
  return before ? conditions.map((entry) => (entry === before ? condition : entry)) : [...conditions, condition]
}
