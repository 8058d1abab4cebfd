import { mkdir, rm } from 'node:fs/promises'
import { ensureDirectory, exists } from '../kit/files.ts'
import type { Volumes } from './contract.ts'
import { physicalOf, prepareDirectory, volumeNames, volumePath } from './directory-base.ts'
import { copySnapshot, removeCopies } from './directory-snapshot.ts'

/** Plain directories, for any file system: no limit by the kernel, and no use without a scan. */
export function directoryVolumes({ directory }: { readonly directory: string }): Volumes {
  const path = (name: string): string => volumePath(directory, name)
  return {
    kind: 'directory',
    hardLimit: false,
    exact: false,
    check: async () => [],
    path,
    ensure: async (name, { owner }) => {
      const place = path(name)
      await prepareDirectory(directory)
      const created = !(await exists(place))
      await mkdir(place, { recursive: true, mode: 0o700 })
      await ensureDirectory(place, { mode: 0o700, owner })
      return { created }
    },
    usedBytes: async () => undefined,
    snapshot: async (name) => await copySnapshot(directory, name, path(name)),
    remove: async (name) => {
      await rm(path(name), { recursive: true, force: true })
      await removeCopies(directory, name)
    },
    list: async () => await volumeNames(directory),
    physical: async () => await physicalOf(directory),
  }
}
