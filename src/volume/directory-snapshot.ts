import { chmod, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hasSystemCode } from '../kit/errors.ts'
import { run } from '../kit/exec.ts'
import { randomName } from '../kit/random.ts'
import type { VolumeSnapshot } from './contract.ts'
import { snapshotsFolder } from './directory-base.ts'

/** A fresh place for a snapshot of `name`; its name carries our process id, so that those of a dead process can be told. */
export async function newSnapshotPath(directory: string, name: string): Promise<string> {
  const top = join(directory, snapshotsFolder)
  await mkdir(join(top, name), { recursive: true })
  await chmod(top, 0o700)
  return join(top, name, `${process.pid}-${randomName(8)}`)
}

/** All snapshots of `name`, those of processes that are gone only if `abandoned`. */
export async function snapshotPaths(directory: string, name: string, which: 'all' | 'abandoned'): Promise<string[]> {
  const folder = join(directory, snapshotsFolder, name)
  try {
    const entries = await readdir(folder)
    return entries.filter((entry) => which === 'all' || !isAlive(Number.parseInt(entry, 10))).map((entry) => join(folder, entry))
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return []
    throw error
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return true
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return hasSystemCode(error, 'EPERM')
  }
}

/** A copy with owners, modes, times and links; blocks are shared where the file system can. The writer must stand still. */
export async function copySnapshot(directory: string, name: string, source: string): Promise<VolumeSnapshot> {
  for (const old of await snapshotPaths(directory, name, 'abandoned')) await rm(old, { recursive: true, force: true })
  const path = await newSnapshotPath(directory, name)
  const remove = async (): Promise<void> => {
    await rm(path, { recursive: true, force: true })
  }
  try {
    await run('cp', ['--archive', '--reflink=auto', '--no-target-directory', '--', source, path], { timeoutMs: 24 * 3_600_000 })
  } catch (error) {
    await remove()
    throw error
  }
  return { path, instant: false, dispose: remove }
}

/** Removes plain copies of `name` and their folder. */
export async function removeCopies(directory: string, name: string): Promise<void> {
  await rm(join(directory, snapshotsFolder, name), { recursive: true, force: true })
}
