import { join } from 'node:path'
import { formatSize } from '../../kit/bytes.ts'
import type { Finding, SpaceTarget } from '../contract.ts'
import type { HostParts } from './host-parts.ts'
import { namesOf } from './names.ts'
import { listReleases } from './release-trees.ts'
import { judgePhp, phpFact, phpMisfit, phpRangeOf } from './setup/php.ts'

/** Is this machine ready for this space? Looks only. */
export async function preflight(parts: HostParts, target: SpaceTarget): Promise<readonly Finding[]> {
  if (process.getuid?.() !== 0) {
    return [{ code: 'not-root', severity: 'error', message: 'the host engine makes Unix users and databases: it has to run as root', fix: 'run the same command with sudo' }]
  }
  const found = await Promise.all([
    checkRelease(parts, target),
    parts.databases.check(),
    checkPhp(parts, target),
    parts.sites.check(),
    parts.volumes.check(),
    checkRoom(parts, target),
  ])
  return found.flat()
}

async function checkRelease({ config }: HostParts, target: SpaceTarget): Promise<Finding[]> {
  const installed = await listReleases(config.releasesDirectory)
  if (installed.includes(target.release)) return []
  const known = installed.length === 0 ? 'none is' : `installed: ${installed.join(', ')}`
  return [
    {
      code: 'release-missing',
      severity: 'error',
      message: `the Nextcloud release "${target.release}" is not installed on this machine (${known})`,
      fix: `chaton release add ${target.release}`,
    },
  ]
}

async function checkPhp({ config }: HostParts, { release }: SpaceTarget): Promise<Finding[]> {
  const [php, range] = await Promise.all([phpFact(), phpRangeOf(join(config.releasesDirectory, release))])
  const misfit = phpMisfit(release, php, range)
  if (misfit === undefined) return judgePhp(php)
  return [...judgePhp(php), { code: 'php-misfit', severity: 'error', message: misfit, fix: 'choose another release (spec.release; chaton release list shows those there are), or install a PHP of that range' }]
}

/** Pools are promises: their sum may exceed the disk only as far as `volumes.overCommit` says. */
async function checkRoom({ config, records, volumes }: HostParts, target: SpaceTarget): Promise<Finding[]> {
  const own = namesOf(target).id
  const ids = await records.list()
  const others = await Promise.all(ids.map(async (id) => (id === own ? 0 : ((await records.read(id))?.poolBytes ?? 0))))
  const promised = others.reduce((sum, bytes) => sum + bytes, 0)
  const { totalBytes, freeBytes } = await volumes.physical()
  const numbers = { promisedBytes: promised, wantedBytes: target.poolBytes, usedBytes: totalBytes - freeBytes, physicalBytes: totalBytes, isThere: ids.includes(own) }
  const verdict = judgeRoom(numbers, config.overCommit)
  return verdict === undefined ? [] : [verdict]
}

export interface Room {
  /** Pools of all other spaces. */
  readonly promisedBytes: number
  readonly wantedBytes: number
  readonly usedBytes: number
  readonly physicalBytes: number
  /** The space stands already: what it uses is part of `usedBytes`. */
  readonly isThere: boolean
}

/**
 * No more may be promised than `overCommit` times the disk. And a new pool finds its share of what is free: what fills
 * the disk beside the pools (or fuller pools than was hoped) is seen there alone. Pure.
 */
export function judgeRoom(room: Room, overCommit: number): Finding | undefined {
  const { promisedBytes, wantedBytes, usedBytes, physicalBytes } = room
  const would = promisedBytes + wantedBytes
  const numbers =
    `promised to other spaces ${formatSize(promisedBytes)}, used ${formatSize(usedBytes)}, ` +
    `physical ${formatSize(physicalBytes)}, of which ${overCommit} times may be promised (volumes.overCommit)`
  const finding = (fix: string): Finding => ({ code: 'no-room-disk', severity: 'error', message: `the disk has no room for a pool of ${formatSize(wantedBytes)}: ${numbers}`, fix })
  if (would > physicalBytes * overCommit) {
    const factor = Math.ceil((would / physicalBytes) * 10) / 10
    return finding(`add disk, choose a smaller plan${factor <= highestOverCommit ? `, or set volumes.overCommit: ${factor} in chaton.yaml` : ''}`)
  }
  const freeBytes = physicalBytes - usedBytes
  return !room.isThere && wantedBytes > freeBytes * overCommit ? finding('add disk, free some, or choose a smaller plan') : undefined
}

/** The highest that the setting takes. */
const highestOverCommit = 100
