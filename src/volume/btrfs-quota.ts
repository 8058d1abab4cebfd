import { relative } from 'node:path'
import type { Clock } from '../kit/clock.ts'
import { ChatonError } from '../kit/errors.ts'
import { run } from '../kit/exec.ts'
import { parseQgroups, type QgroupUse } from './btrfs-parse.ts'

/**
 * Use above this share of a limit is read after a flush: else what was deleted counts until the next commit of btrfs, up
 * to 30 s later, and writers wait for it. Below, there is room enough either way.
 */
const nearlyFull = 0.5
/** A flush may take at most this share of the time. */
const flushShare = 0.1
const shortestPauseMs = 1000

/**
 * Quotas of the btrfs that holds `directory`. Full qgroups, not simple quotas: writing costs the same, and simple
 * quotas go on charging a deleted file to the space as long as a snapshot (a running backup) holds it.
 */
export interface BtrfsQuota {
  /** Switches quotas on where they are off, and waits until what is there has been counted. Repeatable. */
  enable(): Promise<void>
  limit(path: string, bytes: number): Promise<void>
  /** Use by name of everything directly in the directory; `undefined` while btrfs has to count again. */
  read(names: readonly string[]): Promise<ReadonlyMap<string, QgroupUse> | undefined>
}

export function btrfsQuota(directory: string, clock: Clock): BtrfsQuota {
  let prefix: string | undefined
  let nextFlushAt = 0

  const show = async (): Promise<ReadonlyMap<string, QgroupUse> | undefined> => {
    const shown = await run('btrfs', ['qgroup', 'show', '--raw', '-r', directory])
    if (/inconsistent|rescan/.test(shown.stderr)) {
      await run('btrfs', ['quota', 'rescan', directory], { accept: [0, 1] })
      return undefined
    }
    prefix ??= await pathInFileSystem(directory)
    return parseQgroups(shown.stdout, prefix)
  }

  const flush = async (): Promise<void> => {
    const before = clock.now().getTime()
    await run('btrfs', ['filesystem', 'sync', directory])
    const after = clock.now().getTime()
    nextFlushAt = after + Math.max(shortestPauseMs, (after - before) / flushShare)
  }

  return {
    enable: async () => {
      if (await quotasOn(directory)) return
      await run('btrfs', ['quota', 'enable', directory])
      await run('btrfs', ['quota', 'rescan', '-w', directory], { accept: [0, 1], timeoutMs: 6 * 3_600_000 })
    },
    limit: async (path, bytes) => {
      await run('btrfs', ['qgroup', 'limit', String(bytes), path])
    },
    read: async (names) => {
      const use = await show()
      if (use === undefined || clock.now().getTime() < nextFlushAt || !names.some((name) => isNearlyFull(use.get(name)))) return use
      await flush()
      return await show()
    },
  }
}

function isNearlyFull(use: QgroupUse | undefined): boolean {
  return use?.limitBytes !== undefined && use.usedBytes >= use.limitBytes * nearlyFull
}

async function quotasOn(directory: string): Promise<boolean> {
  const shown = await run('btrfs', ['qgroup', 'show', directory], { accept: [0, 1] })
  if (shown.exitCode === 0) return true
  if (/not enabled/i.test(shown.stderr)) return false
  throw new ChatonError('remote-failed', `btrfs does not say whether quotas are on for ${directory}: ${shown.stderr.trim()}`)
}

/** Path of `directory` from the top of its btrfs, which may be mounted at any subvolume; without slashes at the ends. */
async function pathInFileSystem(directory: string): Promise<string> {
  const mount = async (column: string): Promise<string> =>
    (await run('findmnt', ['--noheadings', '--raw', '--output', column, '--target', directory])).stdout.trim()
  const [root, target] = [await mount('FSROOT'), await mount('TARGET')]
  return `${root}/${relative(target, directory)}`.replaceAll(/\/{2,}/g, '/').replaceAll(/^\/|\/$/g, '')
}
