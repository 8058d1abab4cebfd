import { access } from 'node:fs/promises'
import { formatSize } from '../../kit/bytes.ts'
import { asChatonError } from '../../kit/errors.ts'
import type { Finding, SpaceTarget } from '../contract.ts'
import type { HostParts } from './host-parts.ts'
import { namesOf } from './names.ts'
import { listReleases } from './release-trees.ts'

/** Is this machine ready for this space? Looks only. */
export async function preflight(parts: HostParts, target: SpaceTarget): Promise<readonly Finding[]> {
  if (process.getuid?.() !== 0) {
    return [{ code: 'not-root', severity: 'error', message: 'the host engine makes Unix users and databases: it has to run as root', fix: 'run the same command with sudo' }]
  }
  const found = await Promise.all([
    checkRelease(parts, target),
    parts.databases.check(),
    checkPhp(parts),
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

async function checkPhp({ php }: HostParts): Promise<Finding[]> {
  try {
    await access(await php())
    return []
  } catch (error) {
    const { message, next } = asChatonError(error)
    return [{ code: 'php-missing', severity: 'error', message, fix: next[0] ?? 'apt-get install php-fpm php-cli' }]
  }
}

/** Pools are promises: their sum may exceed the disk only as far as `volumes.overCommit` says. */
async function checkRoom({ config, records, volumes }: HostParts, target: SpaceTarget): Promise<Finding[]> {
  const own = namesOf(target).id
  const others = await Promise.all((await records.list()).map(async (id) => (id === own ? 0 : ((await records.read(id))?.poolBytes ?? 0))))
  const promised = others.reduce((sum, bytes) => sum + bytes, 0)
  const { totalBytes, freeBytes } = await volumes.physical()
  const numbers = { promisedBytes: promised, wantedBytes: target.poolBytes, usedBytes: totalBytes - freeBytes, physicalBytes: totalBytes }
  const verdict = judgeRoom(numbers, config.overCommit)
  return verdict === undefined ? [] : [verdict]
}

export interface Room {
  /** Pools of all other spaces. */
  readonly promisedBytes: number
  readonly wantedBytes: number
  readonly usedBytes: number
  readonly physicalBytes: number
}

/** Pure. */
export function judgeRoom(room: Room, overCommit: number): Finding | undefined {
  const allowed = room.physicalBytes * overCommit
  const would = room.promisedBytes + room.wantedBytes
  if (would <= allowed) return undefined
  const factor = Math.ceil((would / room.physicalBytes) * 10) / 10
  return {
    code: 'no-room-disk',
    severity: 'error',
    message:
      `the disk has no room for a pool of ${formatSize(room.wantedBytes)}: promised to other spaces ${formatSize(room.promisedBytes)}, ` +
      `used ${formatSize(room.usedBytes)}, physical ${formatSize(room.physicalBytes)}, of which ${overCommit} times may be promised`,
    fix: `add disk, choose a smaller plan, or set volumes.overCommit: ${factor} in chaton.yaml`,
  }
}
