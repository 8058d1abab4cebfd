import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasProgram, run } from '../../src/kit/exec.ts'

export interface BtrfsImage extends AsyncDisposable {
  /** An empty directory on a btrfs of its own. */
  readonly directory: string
}

/** Why this machine cannot mount a btrfs image, or undefined where it can. Looks by doing it. */
export async function btrfsUnavailable(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'not root'
  for (const program of ['mkfs.btrfs', 'btrfs', 'mount']) if (!(await hasProgram(program))) return `${program} is not installed`
  try {
    await using _image = await mountBtrfsImage(120_000_000)
    return undefined
  } catch (error) {
    return `a btrfs image cannot be mounted: ${String(error)}`
  }
}

/** Mounts a sparse btrfs image of this size (at least 110 MB) on a loop device; disposing unmounts and removes it. */
export async function mountBtrfsImage(bytes: number): Promise<BtrfsImage> {
  const root = await mkdtemp(join(tmpdir(), 'chaton-btrfs-'))
  const image = join(root, 'image')
  const directory = join(root, 'mounted')
  await writeFile(image, '')
  await truncate(image, bytes)
  await mkdir(directory)
  const [metadata, data] = bytes < 1_000_000_000 ? ['--mixed', '--nodiscard'] : ['--metadata', 'single']
  await run('mkfs.btrfs', ['-q', metadata ?? '', data ?? '', image])
  try {
    await run('mount', ['-o', 'loop', image, directory])
  } catch (error) {
    await rm(root, { recursive: true, force: true })
    throw error
  }
  return {
    directory,
    [Symbol.asyncDispose]: async () => {
      await run('umount', [directory]).catch(async () => await run('umount', ['--lazy', directory]))
      await rm(root, { recursive: true, force: true })
    },
  }
}
