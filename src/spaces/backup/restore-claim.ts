import type { SpaceTarget } from '../../engine/contract.ts'
import { ChatonError } from '../../kit/errors.ts'
import { apiVersion } from '../../model/metadata.ts'
import type { Plan } from '../../model/plan.ts'
import { Slug } from '../../model/slug.ts'
import type { Space } from '../../model/space.ts'
import { updateWithRetry, type Stored } from '../../store/contract.ts'
import { halfRestored } from '../claim.ts'
import type { SpacesContext } from '../context.ts'
import { targetOf } from '../desired.ts'
import { ensurePort } from '../ports.ts'
import type { BackupManifest } from './manifest.ts'

/** What is restored, and from where. */
export interface Source {
  readonly directory: string
  readonly manifest: BackupManifest
}

/** A backup is taken in by the kind of engine that made it. Throws `bad-input`. */
export function refuseOtherEngine({ engine }: SpacesContext, manifest: BackupManifest): void {
  if (manifest.engine === engine.name) return
  throw new ChatonError('bad-input', `the backup is of a space of the engine "${manifest.engine}", and this is "${engine.name}"`, {
    next: [`run the same command with --engine ${manifest.engine}`],
  })
}

/** The space as the backup has it, under this slug; its own domain goes with its own slug only. Pure. Throws `bad-input`. */
export function wishedSpace(manifest: BackupManifest, slug: string | undefined): Space {
  const name = slug ?? manifest.slug
  const parsed = Slug.safeParse(name)
  if (!parsed.success) throw new ChatonError('bad-input', parsed.error.issues.map((issue) => issue.message).join('; '))
  const { domain, ...spec } = manifest.spec
  const keepDomain = domain !== undefined && name === manifest.slug
  return {
    apiVersion,
    kind: 'Space',
    metadata: { name },
    spec: { ...spec, ...(keepDomain ? { domain } : {}) },
    status: { phase: 'Provisioning', conditions: [], release: manifest.release, administrator: manifest.administrator },
  }
}

/** The plan of the backup, for a place that has none of that name. Pure. */
export function planOf(manifest: BackupManifest): Plan {
  return { ...manifest.plan, metadata: { name: manifest.plan.metadata.name } }
}

export async function targetIn({ config, engine }: SpacesContext, space: Space, plan: Plan): Promise<SpaceTarget> {
  return targetOf({ space, plan, config, releases: await engine.releases() })
}

/** Passes only the remains of a restore of this same backup. */
export function refuseTaken({ metadata, status }: Space, manifest: BackupManifest): void {
  if (status?.restore !== undefined) {
    if (status.restore.uid === manifest.uid && status.restore.createdAt === manifest.createdAt) return
    throw halfRestored(metadata.name, status.restore)
  }
  throw new ChatonError('conflict', `there is a space named "${metadata.name}" already; a restore overwrites nothing`, {
    next: [`restore beside it: --as ${metadata.name}-restored`, `or delete it first: chaton space delete ${metadata.name}`],
  })
}

export interface Claimed {
  readonly space: Stored<Space>
  readonly plan: Stored<Plan>
  /** The plan came with the backup. */
  readonly planCreated: boolean
}

/** The record of the space, with its plan and nothing behind it: what an earlier run made of it is removed. Its lock must be held. */
export async function claimName(context: SpacesContext, wished: Space, { directory, manifest }: Source): Promise<Claimed> {
  const { store, engine, config } = context
  const { name } = wished.metadata
  const begun = await store.get('Space', name)
  if (begun !== undefined) refuseTaken(begun, manifest)
  const known = await store.get('Plan', wished.spec.plan)
  const plan = known ?? (await store.create('Plan', planOf(manifest)))
  if (begun !== undefined) await engine.remove(await targetIn(context, begun, plan))
  const restore = { from: directory, uid: manifest.uid, createdAt: manifest.createdAt }
  const status = { conditions: [], ...wished.status, phase: 'Provisioning' as const, restore }
  const space = begun === undefined ? await store.create('Space', { ...wished, status }) : await updateWithRetry(store, 'Space', name, (current) => ({ ...current, status: { ...status, ...portOf(current) } }))
  const loopback = engine.sandbox || config.webMode === 'loopback'
  return { space: loopback ? await ensurePort(store, space, config.webFirstPort) : space, plan, planCreated: known === undefined }
}

const portOf = ({ status }: Space): { port?: number } => (status?.port === undefined ? {} : { port: status.port })
