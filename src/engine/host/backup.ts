import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { formatSize } from '../../kit/bytes.ts'
import { ChatonError } from '../../kit/errors.ts'
import { run } from '../../kit/exec.ts'
import { ensureDirectory, exists, readTextIfExists, writeFileAtomic } from '../../kit/files.ts'
import type { SpaceTarget } from '../contract.ts'
import { closeForBackup, forgetClosing, isSuspended } from './closing.ts'
import type { HostParts } from './host-parts.ts'
import type { HostSpace } from './names.ts'
import { ensureConfig, ensureLimits, ensureSite } from './provision.ts'
import { secretNames, secretsOf } from './space-secrets.ts'

/** `config.json` of a backup: what the new place cannot make itself. It holds secrets of the space, so backups are kept 0700. */
const Kept = z.object({
  format: z.literal(1),
  release: z.string(),
  database: z.enum(['postgresql', 'sqlite']),
  dataDirectory: z.string(),
  instanceId: z.string(),
  secret: z.string(),
  passwordSalt: z.string(),
})
type Kept = z.infer<typeof Kept>

const longMs = 24 * 3_600_000

const files = { config: 'config.json', database: 'database.dump', data: 'data' } as const

/** Dump and data of one moment: the space is closed until both are taken, which is short where volumes have snapshots. */
export async function backupSpace(parts: HostParts, target: SpaceTarget, into: string): Promise<void> {
  const space = await requireSpace(parts, target)
  await ensureDirectory(into, { mode: 0o700 })
  const kept: Kept = { format: 1, release: target.release, database: parts.databases.kind, dataDirectory: space.data, ...(await secretsOf(parts.secrets, target.uid)) }
  await writeFileAtomic(join(into, files.config), `${JSON.stringify(kept, undefined, 2)}\n`, { mode: 0o600 })
  const snapshot = await whileClosed(parts, space, async () => {
    const [taken] = await Promise.all([parts.volumes.snapshot(space.names.id), parts.databases.dump(space, join(into, files.database))])
    return taken
  })
  try {
    const taken = join(snapshot.path, 'data')
    // A copy has been made for us alone: it is moved and not copied once more.
    if (snapshot.instant) await copyTree(taken, join(into, files.data))
    else await run('mv', ['--no-target-directory', '--', taken, join(into, files.data)], { timeoutMs: longMs })
  } finally {
    await snapshot.dispose()
  }
  await run('sync', ['--file-system', into], { timeoutMs: longMs })
}

/** A space that was open is open again in the end; should we be killed, the next backup or `chaton serve` sees to it. */
async function whileClosed<T>(parts: HostParts, space: HostSpace, work: () => Promise<T>): Promise<T> {
  const { sites, processes, agents } = parts
  const { id } = space.names
  const open = (await sites.mode(id)) !== undefined && !(await isSuspended(parts, id))
  if (open) await closeForBackup(parts, space)
  await Promise.all([processes.stop(space), agents.close(id)])
  try {
    return await work()
  } finally {
    if (open) {
      await processes.ensure(space)
      await sites.ensure(space, 'live')
      await forgetClosing(parts, id)
    }
  }
}

async function copyTree(from: string, to: string): Promise<void> {
  await run('cp', ['-a', '--reflink=auto', '--no-target-directory', '--', from, to], { timeoutMs: longMs })
}

export async function requireSpace(parts: HostParts, target: SpaceTarget): Promise<HostSpace> {
  const space = await parts.spaces.find(target)
  if (space !== undefined && (await exists(space.paths.root))) return space
  throw new ChatonError('not-found', `the space "${target.slug}" does not exist on this machine`, { next: ['chaton space list'] })
}

/** A space from a backup, under the names, addresses and passwords of this place. */
export async function restoreSpace(parts: HostParts, target: SpaceTarget, from: string): Promise<void> {
  if (await parts.spaces.find(target)) {
    throw new ChatonError('conflict', `the space "${target.slug}" exists already; a backup is restored where it does not`, { next: [`chaton space delete ${target.slug}`] })
  }
  const kept = await readKept(parts, target, from)
  await requireRoom(parts, target, join(from, files.data))
  const space = await parts.spaces.ensure(target)
  for (const [key, name] of Object.entries(secretNames)) {
    await parts.secrets.set(`space/${target.uid}/${name}`, kept[key as keyof typeof secretNames])
  }
  const { uid, slug, release, poolBytes } = target
  await parts.records.write(space.names.id, { uid, slug, release, poolBytes, installing: true, installed: false, closedForBackup: false })
  await parts.databases.ensure(space, undefined)
  await parts.databases.load(space, join(from, files.database))
  await parts.volumes.ensure(space.names.id, { owner: space.owner, limitBytes: poolBytes })
  await rm(space.data, { recursive: true, force: true })
  await copyTree(join(from, files.data), space.data)
  await run('chown', ['--recursive', '--no-dereference', '--', `${space.owner.uid}:${space.owner.gid}`, space.data], { timeoutMs: longMs })
  await parts.databases.query(space, 'UPDATE oc_storages SET id = $1 WHERE id = $2', [storageId(space.data), storageId(kept.dataDirectory)])
  await parts.records.write(space.names.id, { uid, slug, release, poolBytes, installing: false, installed: true, closedForBackup: false })
  await ensureConfig(parts, target)
  await ensureLimits(parts, target)
  await ensureSite(parts, target)
}

async function readKept({ databases }: HostParts, target: SpaceTarget, from: string): Promise<Kept> {
  const parsed = Kept.safeParse(await readJson(join(from, files.config)))
  if (!parsed.success) throw new ChatonError('bad-input', `${join(from, files.config)} is not the note of a backup of chaton's host engine`)
  const kept = parsed.data
  if (kept.database !== databases.kind) {
    throw new ChatonError('bad-input', `the backup holds a ${kept.database} database, and this machine uses ${databases.kind}`, { next: [`set database.kind: ${kept.database} in chaton.yaml`] })
  }
  if (kept.release === target.release) return kept
  throw new ChatonError('bad-input', `the backup is of Nextcloud ${kept.release}, and the space is to run ${target.release}: restore it with the same release`, {
    next: [`chaton release add ${kept.release}`, `set spec.release: ${kept.release} in the manifest`],
  })
}

/** `undefined` where there is no such file, or no JSON in it. */
async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse((await readTextIfExists(path)) ?? '')
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The id under which Nextcloud keeps the data directory itself; long ones as their MD5 (OC\Files\Cache\Storage). */
function storageId(data: string): string {
  const id = `local::${data}/`
  return Buffer.byteLength(id) > 64 ? createHash('md5').update(id).digest('hex') : id
}

/** Refuses a backup that the volume, or the disk under it, cannot hold, before anything is made. */
async function requireRoom({ volumes }: HostParts, { slug, poolBytes }: SpaceTarget, data: string): Promise<void> {
  const neededBytes = await bytesBelow(data)
  const { freeBytes } = await volumes.physical()
  if (volumes.hardLimit && neededBytes > poolBytes) {
    throw new ChatonError('no-room', `the backup holds ${formatSize(neededBytes)} of data, and the pool of "${slug}" is ${formatSize(poolBytes)} here`, {
      next: ['give the plan more storage (chaton plan apply <file>), then run the same command again'],
      data: { neededBytes, poolBytes },
    })
  }
  if (neededBytes <= freeBytes) return
  throw new ChatonError('no-room', `the backup holds ${formatSize(neededBytes)} of data, and the disk under the volumes has ${formatSize(freeBytes)} left`, {
    next: ['add disk or free some, then run the same command again'],
    data: { neededBytes, freeBytes },
  })
}

async function bytesBelow(directory: string): Promise<number> {
  const { stdout } = await run('du', ['--summarize', '--block-size=1', '--', directory], { timeoutMs: longMs })
  return Number.parseInt(stdout, 10)
}
