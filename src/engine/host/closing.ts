import type { HostParts } from './host-parts.ts'
import type { HostSpace } from './names.ts'

type ClosingParts = Pick<HostParts, 'sites' | 'records'>

/** Somebody wished it closed. A space that a backup closed, even one that was cut off, is not suspended. */
export async function isSuspended({ sites, records }: ClosingParts, id: string): Promise<boolean> {
  return (await sites.mode(id)) === 'suspended' && (await records.read(id))?.closedForBackup !== true
}

/** Visitors get the page of a suspended space; what suspended spaces are spared (background jobs) stays away too. */
export async function closeForBackup(parts: ClosingParts, space: HostSpace): Promise<void> {
  await note(parts, space.names.id, true)
  await parts.sites.ensure(space, 'suspended')
}

/** The closing is somebody's wish from now on, or over. Repeatable. */
export async function forgetClosing(parts: ClosingParts, id: string): Promise<void> {
  if ((await parts.records.read(id))?.closedForBackup === true) await note(parts, id, false)
}

async function note({ records }: ClosingParts, id: string, closedForBackup: boolean): Promise<void> {
  const record = await records.read(id)
  if (record !== undefined) await records.write(id, { ...record, closedForBackup })
}
