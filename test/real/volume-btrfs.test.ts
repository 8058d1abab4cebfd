import { mkdir, chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run } from '../../src/kit/exec.ts'
import { btrfsVolumes } from '../../src/volume/btrfs.ts'
import { chooseVolumes } from '../../src/volume/choose.ts'
import { volumeConformance } from '../conformance/volume.ts'
import { btrfsUnavailable, mountBtrfsImage } from '../volume/btrfs-image.ts'

const reason = await btrfsUnavailable()
const owner = { uid: 64_101, gid: 64_101 }

volumeConformance({
  kind: 'btrfs',
  hardLimit: true,
  exact: true,
  instantSnapshots: true,
  unavailable: reason,
  open: async () => {
    const image = await mountBtrfsImage(1_000_000_000)
    await chmod(join(image.directory, '..'), 0o711)
    const directory = join(image.directory, 'deep', 'volumes')
    const make = (): ReturnType<typeof btrfsVolumes> => btrfsVolumes({ directory })
    return { volumes: make(), again: make, close: async () => await image[Symbol.asyncDispose]() }
  },
})

describe.skipIf(reason !== undefined)(`btrfs alone${reason === undefined ? '' : ` (${reason})`}`, () => {
  test('is chosen by itself, and nothing better is offered', async () => {
    await using image = await mountBtrfsImage(200_000_000)
    const { volumes, findings } = await chooseVolumes({ kind: 'auto', directory: join(image.directory, 'volumes') })
    expect([volumes.kind, findings]).toEqual(['btrfs', []])
  })

  test('finds its volumes when the file system is mounted at a subvolume, and at a path with a space', async () => {
    await using image = await mountBtrfsImage(200_000_000)
    await run('btrfs', ['subvolume', 'create', join(image.directory, '@ srv')])
    const directory = join(image.directory, '@ srv', 'my volumes')
    await mkdir(directory)
    const volumes = btrfsVolumes({ directory })
    await volumes.ensure('one', { owner, limitBytes: 5_000_000 })
    expect([...((await volumes.usedBytes(['one'])) ?? [])]).toEqual([['one', expect.any(Number)]])
  })

  test('does not take a plain directory for a volume', async () => {
    await using image = await mountBtrfsImage(200_000_000)
    await mkdir(join(image.directory, 'plain'))
    await expect(btrfsVolumes({ directory: image.directory }).ensure('plain', { owner, limitBytes: 5_000_000 })).rejects.toThrow(
      /not a btrfs subvolume/,
    )
  })

  test('reads the use of 100 volumes with one program', async () => {
    await using image = await mountBtrfsImage(1_000_000_000)
    const volumes = btrfsVolumes({ directory: image.directory })
    const names = Array.from({ length: 100 }, (_, index) => `space-${index}`)
    for (const name of names) await volumes.ensure(name, { owner, limitBytes: 5_000_000 })
    await volumes.usedBytes(names)
    const start = performance.now()
    const used = await volumes.usedBytes(names)
    const milliseconds = performance.now() - start
    console.log(`use of 100 volumes: ${milliseconds.toFixed(1)} ms`)
    expect(used?.size).toBe(100)
    expect(milliseconds).toBeLessThan(500)
  })
})
