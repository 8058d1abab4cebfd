import { dirname, join } from 'node:path'
import type { Config } from '../../config/options.ts'
import { ensureDirectory } from '../../kit/files.ts'
import type { Volumes } from '../../volume/contract.ts'
import type { SpaceTarget } from '../contract.ts'
import { namesOf, pathsOf, type HostSpace } from './names.ts'
import type { UnixUser, UnixUsers } from './users.ts'

const root = { uid: 0, gid: 0 }

/** The directories of a space that its parts expect, with the rights that `HostPaths` promises; those above can be passed through, not listed. Repeatable. */
export async function ensureSpaceDirectories({ paths, owner }: Pick<HostSpace, 'paths' | 'owner'>): Promise<void> {
  const all = dirname(paths.root)
  for (const path of [dirname(all), all, paths.root]) await ensureDirectory(path, { mode: 0o711, owner: root })
  await Promise.all([
    ensureDirectory(paths.config, { mode: 0o750, owner: { uid: 0, gid: owner.gid } }),
    ensureDirectory(paths.log, { mode: 0o700, owner }),
    ensureDirectory(paths.temporary, { mode: 0o700, owner }),
    ensureDirectory(paths.database, { mode: 0o700, owner }),
    ensureDirectory(paths.apps, { mode: 0o755, owner: root }),
  ])
}

export interface HostSpaces {
  /** Names and places, with the ids of the Unix user if it exists. */
  locate(target: SpaceTarget, owner: UnixUser): HostSpace
  find(target: SpaceTarget): Promise<HostSpace | undefined>
  /** With its Unix user and directories. Repeatable. */
  ensure(target: SpaceTarget): Promise<HostSpace>
}

export function hostSpaces(config: Config, users: UnixUsers, volumes: Pick<Volumes, 'path'>): HostSpaces {
  const locate = (target: SpaceTarget, owner: UnixUser): HostSpace => {
    const names = namesOf(target)
    return {
      target,
      names,
      paths: pathsOf(config, names.id),
      owner,
      data: join(volumes.path(names.id), 'data'),
      release: join(config.releasesDirectory, target.release),
    }
  }
  return {
    locate,
    async find(target) {
      const owner = await users.find(namesOf(target).id)
      return owner === undefined ? undefined : locate(target, owner)
    },
    async ensure(target) {
      const space = locate(target, await users.ensure(namesOf(target).id))
      await ensureSpaceDirectories(space)
      return space
    },
  }
}
