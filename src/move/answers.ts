import type { RemoteFiles } from '../nextcloud/files/contract.ts'

/** Whether the host answers for this account: its root is always there, and costs nothing to look at. */
export async function answers(files: Pick<RemoteFiles, 'stat'>): Promise<boolean> {
  return await files.stat('').then(
    (root) => root !== undefined,
    () => false,
  )
}
