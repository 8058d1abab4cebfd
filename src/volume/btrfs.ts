import { chmod, chown, realpath, rm, stat } from 'node:fs/promises'
import type { Finding } from '../engine/contract.ts'
import { systemClock, type Clock } from '../kit/clock.ts'
import { ChatonError, hasSystemCode } from '../kit/errors.ts'
import { hasProgram, run } from '../kit/exec.ts'
import { btrfsQuota, type BtrfsQuota } from './btrfs-quota.ts'
import type { VolumeOwner, VolumeSnapshot, Volumes } from './contract.ts'
import { fileSystemOf, physicalOf, prepareDirectory, volumeNames, volumePath } from './directory-base.ts'
import { newSnapshotPath, removeCopies, snapshotPaths } from './directory-snapshot.ts'

export interface BtrfsOptions {
  /** Must lie on a mounted btrfs. */
  readonly directory: string
  readonly clock?: Clock
}

/** The inode number of the root of every btrfs subvolume. */
const subvolumeInode = 256

/** A subvolume a space, limited by its qgroup: exact use in a millisecond, refused writes at the limit, instant snapshots. */
export function btrfsVolumes({ directory, clock = systemClock }: BtrfsOptions): Volumes {
  const path = (name: string): string => volumePath(directory, name)
  let ready: Promise<BtrfsQuota> | undefined
  const quota = async (): Promise<BtrfsQuota> => {
    ready ??= prepare(directory, clock)
    try {
      return await ready
    } catch (error) {
      ready = undefined
      throw error
    }
  }
  return {
    kind: 'btrfs',
    hardLimit: true,
    exact: true,
    check: async () => await lacking(directory),
    path,
    ensure: async (name, { owner, limitBytes }) => await ensureVolume(await quota(), path(name), { owner, limitBytes }),
    usedBytes: async (names) => {
      const use = await (await quota()).read(names)
      return use && new Map(names.flatMap((name) => pairIfKnown(name, use.get(name)?.usedBytes)))
    },
    snapshot: async (name) => await takeSnapshot(directory, name, path(name)),
    remove: async (name) => {
      const place = path(name)
      for (const snapshot of await snapshotPaths(directory, name, 'all')) await deleteSubvolume(snapshot)
      await removeCopies(directory, name)
      const existed = await deleteSubvolume(place)
      // Kernels before 6.11 keep the qgroup of a subvolume that is gone.
      if (existed) await run('btrfs', ['qgroup', 'clear-stale', directory], { accept: [0, 1] })
    },
    list: async () => await volumeNames(directory),
    physical: async () => await physicalOf(directory),
  }
}

async function prepare(directory: string, clock: Clock): Promise<BtrfsQuota> {
  await prepareDirectory(directory)
  const quota = btrfsQuota(await realpath(directory), clock)
  await quota.enable()
  return quota
}

function pairIfKnown(name: string, bytes: number | undefined): [string, number][] {
  return bytes === undefined ? [] : [[name, bytes]]
}

async function ensureVolume(
  quota: BtrfsQuota,
  place: string,
  { owner, limitBytes }: { owner: VolumeOwner; limitBytes: number },
): Promise<{ created: boolean }> {
  const created = (await kindOf(place)) === 'absent'
  if (created) await run('btrfs', ['subvolume', 'create', place])
  if ((await kindOf(place)) !== 'subvolume') throw notASubvolume(place)
  await quota.limit(place, limitBytes)
  await chmod(place, 0o700)
  await chown(place, owner.uid, owner.gid)
  return { created }
}

function notASubvolume(place: string): ChatonError {
  return new ChatonError('conflict', `${place} is a plain directory, not a btrfs subvolume, so the kernel cannot limit it`, {
    actor: 'hoster',
    next: [
      'set volumes.kind to "directory" in chaton.yaml to go on without a hard limit',
      `or, with the space suspended, turn it into a subvolume: mv ${place} ${place}.old && btrfs subvolume create ${place} && cp -a --reflink ${place}.old/. ${place}/`,
    ],
  })
}

async function kindOf(place: string): Promise<'absent' | 'subvolume' | 'other'> {
  try {
    const entry = await stat(place)
    return entry.isDirectory() && entry.ino === subvolumeInode ? 'subvolume' : 'other'
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return 'absent'
    throw error
  }
}

/** Removes a subvolume, or what else lies there. Answers whether there was something. */
async function deleteSubvolume(place: string): Promise<boolean> {
  const kind = await kindOf(place)
  if (kind === 'subvolume') await run('btrfs', ['subvolume', 'delete', '--commit-after', place])
  else await rm(place, { recursive: true, force: true })
  return kind !== 'absent'
}

async function takeSnapshot(directory: string, name: string, place: string): Promise<VolumeSnapshot> {
  for (const old of await snapshotPaths(directory, name, 'abandoned')) await deleteSubvolume(old)
  const path = await newSnapshotPath(directory, name)
  await run('btrfs', ['subvolume', 'snapshot', '-r', place, path])
  return {
    path,
    instant: true,
    dispose: async () => {
      await deleteSubvolume(path)
    },
  }
}

async function lacking(directory: string): Promise<Finding[]> {
  const findings: Finding[] = []
  const type = await fileSystemOf(directory)
  if (type !== 'btrfs') {
    findings.push({
      code: 'volume-not-btrfs',
      severity: 'error',
      message: `${directory} lies on ${type}, not on btrfs`,
      fix: `mkfs.btrfs /dev/<disk> && mount /dev/<disk> ${directory}`,
    })
  }
  if (!(await hasProgram('btrfs'))) {
    findings.push({
      code: 'volume-btrfs-progs',
      severity: 'error',
      message: 'the program "btrfs" is not installed',
      fix: 'apt-get install --yes btrfs-progs',
    })
  }
  if (process.getuid?.() !== 0) {
    findings.push({ code: 'volume-not-root', severity: 'error', message: 'subvolumes and their limits need root', fix: 'sudo chaton …' })
  }
  return findings
}
