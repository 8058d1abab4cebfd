import { isDeepStrictEqual } from 'node:util'
import { ChatonError } from '../kit/errors.ts'
import { SpaceSpec, type Space, type SpaceStatus } from '../model/space.ts'
import { suggestSlug } from '../model/slug.ts'
import type { Store, Stored } from '../store/contract.ts'

export type Claim =
  | { readonly action: 'create' }
  | { readonly action: 'keep' }
  | { readonly action: 'change'; readonly fields: readonly string[] }

/**
 * What a manifest means beside what is stored: a new space, the same again, or a change of its spec.
 * A slug that was given to somebody else is refused, with free names. Pure.
 */
export function judgeClaim(manifest: Space, stored: Space | undefined, taken: readonly string[]): Claim {
  if (stored === undefined) return { action: 'create' }
  if (stored.status?.phase === 'Deleting') {
    throw new ChatonError('conflict', `the space "${manifest.metadata.name}" is being deleted`, {
      next: [`chaton space delete ${manifest.metadata.name} finishes that; then provision it anew`],
    })
  }
  if (stored.status?.restore !== undefined) throw halfRestored(stored.metadata.name, stored.status.restore)
  if (stored.spec.owner.email.toLowerCase() !== manifest.spec.owner.email.toLowerCase()) throw nameTaken(manifest, stored, taken)
  refuseOtherRelease(manifest, stored)
  const wished = SpaceSpec.parse(manifest.spec)
  const fields = Object.keys({ ...wished, ...stored.spec }).filter(
    (field) => !isDeepStrictEqual(wished[field as keyof SpaceSpec], stored.spec[field as keyof SpaceSpec]),
  )
  return fields.length === 0 ? { action: 'keep' } : { action: 'change', fields }
}

/** Nextcloud's own upgrade is another matter than a change of spec, and it has no way back. */
function refuseOtherRelease({ metadata, spec }: Space, { status }: Space): void {
  const runs = status?.release
  if (runs === undefined || spec.release === undefined || spec.release === runs) return
  throw new ChatonError('bad-input', `the space "${metadata.name}" runs Nextcloud ${runs}; provision does not move it to ${spec.release}`, {
    next: [`write release: "${runs}", or leave the field out`],
  })
}

/** Only a restore may finish what a restore began: a provision would make an empty space of it. Pure. */
export function halfRestored(slug: string, { from, createdAt }: NonNullable<SpaceStatus['restore']>): ChatonError {
  return new ChatonError('conflict', `the space "${slug}" is being restored from the backup of ${createdAt}, and that is not finished`, {
    next: [`chaton space restore ${from} --as ${slug} starts it over`, `chaton space delete ${slug} removes what was made`],
  })
}

function nameTaken(manifest: Space, stored: Space, taken: readonly string[]): ChatonError {
  const slug = manifest.metadata.name
  const candidates = [suggestSlug(manifest.spec.title), `${slug}-2`, `${slug}-3`, `collectif-${slug}`]
  const free = candidates.filter((name): name is string => name !== undefined && name !== slug && !taken.includes(name))
  return new ChatonError('conflict', `the name "${slug}" is taken by the space "${stored.spec.title}"`, {
    next: [
      `choose another metadata.name${free.length === 0 ? '' : `, for example ${free.slice(0, 2).join(' or ')}`}`,
      `if it is the same collective and its contact changed, give the address on record: chaton space show ${slug}`,
    ],
    data: { slug, suggestions: free },
  })
}

/** Creates the space or brings its spec up to the manifest; safe against another writer. */
export async function applyClaim(store: Store, manifest: Space, claim: Claim): Promise<Stored<Space>> {
  const name = manifest.metadata.name
  if (claim.action === 'create') {
    return await store.create('Space', { ...manifest, spec: SpaceSpec.parse(manifest.spec), status: { phase: 'Pending', conditions: [] } })
  }
  const stored = await store.get('Space', name)
  if (!stored) throw new ChatonError('conflict', `the space "${name}" was deleted a moment ago`, { retryable: true })
  if (claim.action === 'keep') return stored
  return await store.update('Space', { ...stored, spec: SpaceSpec.parse(manifest.spec) })
}
